import { commandOf } from '../adapters/ioredis.js';
import type { Command } from '../connection/client.js';
import type { Connection } from '../connection/connection.js';
import { type Clock, UNLIMITED, within } from '../core/clock.js';
import { ClosedError } from '../core/errors.js';
import { noop } from '../core/outcome.js';
import type { Claim } from '../pool/waiters.js';
import type { Helper } from './context.js';

/** The server is asked again after this: the command that is to be given up may have been under way to it. */
const AGAIN_MS = 5;

/** Another connection to the same server: at hand, or waited for; undefined where there can be none. */
export type Beside = (claim: Claim) => Helper | Promise<Helper> | undefined;

/**
 * The commands of one lease that wait at the server. What it hands to a client whose socket closes in that moment is lost,
 * so before that it is told to let go (CLIENT UNBLOCK): what it had taken by then arrives like every reply.
 */
export class Blocked {
  readonly #connection: Connection;
  #open = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get waits(): boolean {
    return this.#open > 0 && this.#connection.flaw !== 'lost';
  }

  /**
   * Called before the command is sent.
   *
   * @param alone Something may be written before it.
   */
  note({ promise }: Command, alone: boolean): void {
    if (alone) this.#connection.askedId ??= this.#askId();
    this.#open += 1;
    const answered = () => {
      this.#open -= 1;
    };
    promise.then(answered, answered);
  }

  /** Resolves when nothing waits any more, or when there is no way to end it. */
  async letGo(beside: Beside, clock: Clock, late: Promise<void>): Promise<void> {
    const startedAt = clock.now();
    const id = await Promise.race([this.#connection.askedId?.promise.catch(noop), late]);
    if (!/^\d+$/.test(String(id))) return;
    const claim: Claim = {
      label: undefined,
      acquireTimeoutMs: UNLIMITED,
      dialMs: 0,
      running: true,
      phase: undefined,
    };
    void late.then(() => claim.phase?.stop(new ClosedError('CLIENT UNBLOCK'), 'closed'));
    try {
      const other = await beside(claim);
      if (!other) return;
      other.silent = true;
      const release = () => void other.release(clock.now() - startedAt);
      await this.#letGoBy(other, String(id), clock, late).finally(release);
    } catch {
      // No connection came, so this one is closed as it is.
    }
  }

  async #letGoBy(other: Helper, id: string, clock: Clock, late: Promise<void>): Promise<void> {
    let isLate = false;
    const ended = late.then(() => {
      isLate = true;
    });
    while (this.waits && !isLate) {
      const unblock = commandOf('client', ['UNBLOCK', id]);
      await Promise.race([other.send(unblock, undefined, undefined).catch(noop), ended]);
      const answered: Promise<unknown> = this.#connection.whenAnswered();
      await within(clock, AGAIN_MS, Promise.race([answered, ended]), noop);
    }
  }

  #askId(): Command {
    const ask = commandOf('client', ['ID']);
    this.#connection.write(ask, undefined, undefined);
    return ask;
  }
}
