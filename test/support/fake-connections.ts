import { EventEmitter } from 'node:events';
import type { Client } from '../../src/connection/client.js';
import { Connection } from '../../src/connection/connection.js';
import { Generation } from '../../src/connection/generation.js';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { defer } from '../../src/core/outcome.js';
import type { Dial, Driver } from '../../src/pool/opener.js';

/** As much of an ioredis client as a lease looks at. */
class FakeClient extends EventEmitter {
  status = 'ready';
  readonly options = {};
  readonly scriptsSet = {};
  readonly commandQueue = { length: 0, peekBack: () => undefined, toArray: () => [] };
  /** Answers at once, unless the server is gone and does not say so. */
  mute = false;
  readonly send = (_name: string, token: unknown) =>
    this.mute ? new Promise(() => {}) : Promise.resolve(token);
  readonly stream = Object.assign(new EventEmitter(), { writable: true, ref() {}, unref() {} });
}

export type Schedule = <T>(label: string, produce: () => T) => Promise<T>;

/** Counts what a server would see, and lets a scheduler decide when each dial and each close is over. */
export class FakeConnections implements Driver<Connection> {
  open = 0;
  mostOpen = 0;
  dials = 0;
  readonly generation = new Generation(systemClock);
  readonly live: Connection[] = [];

  constructor(
    readonly schedule: Schedule,
    readonly fails: (dial: number) => boolean,
    readonly clock: Clock = systemClock,
  ) {}

  dial(): Dial<Connection> {
    const dial = ++this.dials;
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    const { promise, resolve, reject } = defer<Connection>();
    let over = false;
    const finish = (end: () => void) => {
      if (over) return;
      over = true;
      end();
    };
    void this.schedule(`dial ${dial}`, () =>
      finish(() => {
        if (this.fails(dial)) this.#refuse(reject, new Error(`dial ${dial} refused`));
        else resolve(this.#connect());
      }),
    );
    return { promise, abort: (error) => finish(() => this.#refuse(reject, error)) };
  }

  close(connection: Connection): Promise<void> {
    connection.client.status = 'end';
    return this.schedule('close', () => {
      this.open -= 1;
    });
  }

  /** The server of a connection is gone and does not say so. */
  silence(connection: Connection): void {
    (connection.client as unknown as FakeClient).mute = true;
  }

  /** The socket of a connection closes by itself. */
  lose(connection: Connection): void {
    connection.client.status = 'end';
    connection.client.stream.emit('close', false);
  }

  #refuse(reject: (error: unknown) => void, error: unknown): void {
    this.open -= 1;
    reject(error);
  }

  #connect(): Connection {
    const client = new FakeClient();
    const connection = new Connection({
      client: client as unknown as Client,
      send: client.send,
      homeDb: 0,
      maxLifetimeMs: Number.POSITIVE_INFINITY,
      options: {},
      otherOptions: [],
      clock: this.clock,
      generation: this.generation,
      bornIn: this.generation.current,
      incoming: undefined,
      roundTripMs: 0,
    });
    this.live.push(connection);
    return connection;
  }
}
