import { addressOf, type Place } from '../connection/address.js';
import type { Connection } from '../connection/connection.js';
import { until } from '../core/clock.js';
import { reasonOf } from '../core/error-base.js';
import { ConnectError } from '../core/errors.js';
import { defer, noop } from '../core/outcome.js';
import type { Dial, Driver } from '../pool/opener.js';
import { closeClient } from './close-client.js';
import { explain, isOfDial, mostTelling } from './connect-failure.js';
import { DialAttempt } from './dial-attempt.js';
import { type DriverSettings, open } from './driver.js';
import { SentinelWatch } from './sentinel-watch.js';
import { SentinelError, Sentinels } from './sentinels.js';

/** A full handshake ends with a PING, so the reply to that is the proof that a connection can be lent. */
export function createDriver(settings: DriverSettings): Driver<Connection> {
  if (settings.target.sentinels && !settings.connect) return new SentinelDriver(settings);
  return {
    dial: () => dial((attempt, interruption) => open(settings, attempt, interruption), settings),
    close: ({ client }, graceMs = settings.forceMs) => closeClient(client, graceMs, settings.clock),
  };
}

type Open = (attempt: DialAttempt, interruption: Promise<never>) => Promise<Connection>;

function dial(begin: Open, { target, connect }: DriverSettings): Dial<Connection> {
  const interruption = defer<never>();
  interruption.promise.catch(noop);
  const attempt = new DialAttempt(connect ? { path: 'connect()' } : target);
  return {
    promise: begin(attempt, interruption.promise),
    abort: (error) => interruption.reject(error),
    progress: () => attempt.progress,
  };
}

/** Dials whoever the sentinels name, and follows them to another master. */
class SentinelDriver implements Driver<Connection> {
  readonly #settings: DriverSettings;
  readonly #sentinels: Sentinels;
  readonly #watch: SentinelWatch | undefined;
  readonly #live = new Map<Connection, Place>();
  /** What the watch told last. */
  #told: Place | undefined;

  constructor(settings: DriverSettings) {
    const { target, clock, forceMs, shortLived } = settings;
    const { name = '', role = 'master' } = target;
    this.#settings = settings;
    this.#sentinels = new Sentinels(target, clock, forceMs);
    this.#watch =
      shortLived || role !== 'master'
        ? undefined
        : new SentinelWatch(this.#sentinels, name, clock, (master) => this.#moved(master));
  }

  dial(): Dial<Connection> {
    return dial((attempt, interruption) => this.#open(attempt, interruption), this.#settings);
  }

  async close(connection: Connection, graceMs = this.#settings.forceMs): Promise<void> {
    await closeClient(connection.client, graceMs, this.#settings.clock);
    this.#live.delete(connection);
    if (this.#live.size === 0) await this.#watch?.stop();
  }

  /** Each sentinel has its share of the time; what a server takes that one of them named is part of that. */
  async #open(attempt: DialAttempt, interruption: Promise<never>): Promise<Connection> {
    const { places } = this.#sentinels;
    const shareMs = this.#settings.dialTimeoutMs() / (places.length + 1);
    const failures: unknown[] = [];
    let named: Place | undefined;
    for (const sentinel of this.#sentinels.inTurn()) {
      try {
        const connection = await this.#openBy(sentinel, attempt, shareMs, interruption);
        this.#sentinels.prefer(sentinel);
        return connection;
      } catch (error) {
        if (isOfDial(error)) throw error;
        this.#sentinels.avoid(sentinel);
        if (error instanceof SentinelError) named ??= error.named;
        failures.push(error instanceof ConnectError ? error : this.#reason(error, sentinel, attempt));
      }
    }
    if (named) return this.#openAt(named, attempt, shareMs, interruption);
    throw mostTelling(failures);
  }

  async #openBy(
    sentinel: Place,
    attempt: DialAttempt,
    shareMs: number,
    interruption: Promise<never>,
  ): Promise<Connection> {
    const told = this.#told;
    const { place, isAlone } = await this.#sentinels.ask(sentinel, shareMs, interruption);
    // It may have been replaced: taken where no other sentinel names anybody.
    if (isAlone) throw new SentinelError('it does not reach the others', false, place);
    const connection = await this.#openAt(place, attempt, shareMs, interruption);
    if (this.#told === told || !isOther(place, this.#told)) return connection;
    // Whoever was named before the watch heard of another may be the one that was replaced.
    await this.close(connection, 0);
    throw new SentinelError(`${addressOf(place)} is the master no more`);
  }

  async #openAt(
    place: Place,
    outer: DialAttempt,
    boundMs: number,
    interruption: Promise<never>,
  ): Promise<Connection> {
    const attempt = new DialAttempt(this.#settings.target, place);
    outer.inner = attempt;
    try {
      const connection = await until(this.#settings.clock, boundMs, (late) => {
        const tooLong = late.then(() => {
          throw explain(new Error(attempt.progress), attempt);
        });
        const over = Promise.race([interruption, tooLong]);
        over.catch(noop);
        return open(this.#settings, attempt, over);
      });
      this.#live.set(connection, place);
      this.#watch?.start();
      return connection;
    } finally {
      outer.inner = undefined;
    }
  }

  /** What is in flight ends as lost; nothing new goes to a master that was replaced. */
  #moved(master: Place): void {
    this.#told = master;
    for (const [connection, place] of this.#live) {
      if (isOther(place, master)) connection.client.stream.destroy();
    }
  }

  #reason(error: unknown, sentinel: Place, attempt: DialAttempt): unknown {
    const { permanent, cause } = explain(error, new DialAttempt({ ...sentinel })) as ConnectError;
    const isPermanent = permanent || (error instanceof SentinelError && error.permanent);
    const problem = new Error(`sentinel ${addressOf(sentinel)}: ${reasonOf(error)}`, { cause });
    return new ConnectError(attempt.address, isPermanent, { cause: problem });
  }
}

function isOther(place: Place, master: Place | undefined): boolean {
  return place.host !== master?.host || place.port !== master.port;
}
