import { type Clock, within } from '../core/clock.js';
import { noop } from '../core/outcome.js';
import type { DestroyReason } from '../pool/ledger.js';
import type { Connection } from './connection.js';
import type { ConnectionState } from './connection-state.js';

/** What is to become of a connection. */
export type Verdict = 'reuse' | 'cleaned' | DestroyReason;

export interface ResetReport {
  readonly verdict: Verdict;
  /** Commands that were unanswered when the borrower was done. */
  readonly inFlight: readonly string[];
  /** What went wrong. */
  readonly failure: Error | undefined;
}

/**
 * Waits for the replies to commands whose `await` was forgotten, then undoes what the borrower left behind in one round
 * trip; both together within the budget.
 *
 * @param keeps Whether the connection is to be lent again, and has to be clean for it.
 */
export async function reset(
  connection: Connection,
  state: ConnectionState | undefined,
  keeps: boolean,
  clock: Clock,
  budgetMs: number,
): Promise<ResetReport> {
  const queued = connection.client.commandQueue.toArray().map(({ command }) => command);
  const inFlight = queued.filter((command) => command !== connection.askedId).map(({ name }) => name);
  const resetting = new Reset(connection, state, keeps);
  const verdict = await within(clock, budgetMs, resetting.run(), () => resetting.giveUp(budgetMs));
  const failure =
    verdict === 'inFlight' ? new Error(`no reply to ${inFlight.join(', ')}`) : resetting.failure;
  return { verdict: connection.flaw ?? verdict, inFlight, failure };
}

class Reset {
  failure: Error | undefined;
  #undoing = false;

  constructor(
    readonly connection: Connection,
    readonly state: ConnectionState | undefined,
    readonly keeps: boolean,
  ) {}

  async run(): Promise<Verdict> {
    if (!(await this.connection.whenAnswered())) return 'inFlight';
    if (!this.keeps || !this.state || this.state.clean) return 'reuse';
    this.#undoing = true;
    return this.#undo(this.state);
  }

  giveUp(budgetMs: number): Verdict {
    this.failure = new Error(`the release took longer than ${budgetMs} ms`);
    return this.#undoing ? 'dirty' : 'inFlight';
  }

  async #undo(state: ConnectionState): Promise<Verdict> {
    const { send, homeDb } = this.connection;
    const steps = state.undo(send, homeDb);
    if (!steps) return 'dirty';
    for (const step of steps) step.catch(noop);
    try {
      await Promise.all(steps);
      return 'cleaned';
    } catch (error) {
      this.failure = error as Error;
      return 'dirty';
    }
  }
}
