import type { Place } from '../connection/address.js';
import type { Client } from '../connection/client.js';
import { type Clock, within } from '../core/clock.js';
import { defer, noop } from '../core/outcome.js';
import { SentinelError, type Sentinels } from './sentinels.js';

/** Pauses between two attempts to listen to a sentinel, in ms. */
const PAUSE_MS = { shortest: 100, longest: 5_000 };

/** How often the sentinel that is listened to has to show that it is there, and how long it may take, in ms. */
const BEAT_MS = 1_000;

/**
 * Listens to one sentinel while there are connections to its master, and to another one when that is lost: an old master
 * that lives on would take writes that are lost as soon as it learns of the new one.
 */
export class SentinelWatch {
  readonly #sentinels: Sentinels;
  readonly #name: string;
  readonly #clock: Clock;
  /** Called with the master whenever one is told of. */
  readonly #onMaster: (place: Place) => void;
  #stop: (() => void) | undefined;
  #over: Promise<void> = Promise.resolve();

  constructor(sentinels: Sentinels, name: string, clock: Clock, onMaster: (place: Place) => void) {
    this.#sentinels = sentinels;
    this.#name = name;
    this.#clock = clock;
    this.#onMaster = onMaster;
  }

  start(): void {
    if (this.#stop) return;
    const { promise: stopped, reject } = defer<never>();
    this.#stop = () => reject(new Error('nobody needs to know any more'));
    this.#over = this.#listen(stopped);
  }

  /** Resolves when no socket and no timer of it is left. */
  async stop(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    await this.#over;
  }

  async #listen(stopped: Promise<never>): Promise<void> {
    // Its own: another one may have been started while this one ends.
    let isStopped = false;
    stopped.catch(() => {
      isStopped = true;
    });
    for (let pauseMs = PAUSE_MS.shortest; !isStopped; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest)) {
      for (const sentinel of this.#sentinels.places) {
        if (isStopped) return;
        const hasListened = await this.#sentinels
          .talk(sentinel, stopped, (client) => this.#follow(client))
          .catch(() => false);
        if (hasListened) pauseMs = PAUSE_MS.shortest;
      }
      if (!isStopped) await this.#pause(pauseMs, stopped).catch(noop);
    }
  }

  /** Resolves to true when a sentinel that was listened to is there no more. */
  async #follow(client: Client): Promise<boolean> {
    const send = await this.#inTime(this.#sentinels.open(client));
    client.stream.unref();
    const { promise: ended, reject } = defer<never>();
    ended.catch(noop);
    client.once('end', () => reject(new Error('the sentinel is gone')));
    client.on('message', (channel: string, message: string) => {
      const [first, , , host, port, group] = message.split(' ');
      if (channel === '+switch-master' && first === this.#name) this.#tell(host, port);
      // Either the other one is gone or this one is cut off, and then the others may agree on what it never hears of.
      if (channel === '+sdown' && first === 'sentinel' && group === this.#name)
        reject(new Error('the sentinel has lost another one'));
    });
    // In one write, so that nothing is announced in between: from the question on, whatever happens is heard.
    client.stream.cork();
    const before = send('sentinel', 'get-master-addr-by-name', this.#name);
    const isAlone = this.#sentinels.isAlone(send);
    const subscribed = send('subscribe', '+switch-master', '+sdown');
    client.stream.uncork();
    const [reply, alone] = await this.#inTime(Promise.all([before, isAlone, subscribed]));
    if (alone) throw new SentinelError('the sentinel does not reach the others');
    if (Array.isArray(reply)) this.#tell(reply[0], reply[1]);
    for (;;) {
      try {
        await this.#pause(BEAT_MS, ended);
        await this.#inTime(Promise.race([send('ping'), ended]));
      } catch {
        return true;
      }
    }
  }

  #tell(host: unknown, port: unknown): void {
    this.#onMaster(this.#sentinels.outside({ host: String(host), port: Number(port) }));
  }

  #inTime<T>(promise: Promise<T>): Promise<T> {
    promise.catch(noop);
    return within(this.#clock, BEAT_MS, promise, () => {
      throw new SentinelError('no answer');
    });
  }

  /** Does not keep the process alive; over at once when `end` rejects. */
  async #pause(ms: number, end: Promise<never>): Promise<void> {
    const { promise, resolve } = defer<void>();
    const timer = this.#clock.after(ms, () => resolve());
    timer.unref();
    try {
      await Promise.race([promise, end]);
    } finally {
      timer.cancel();
    }
  }
}
