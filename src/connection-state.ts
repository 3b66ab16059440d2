import type { Client, Command } from './adapters/client.js';
import type { Effect, Rule } from './command-rules.js';
import type { CommandReport } from './core/errors.js';
import { noop } from './core/outcome.js';

/** How many names of replied commands are kept for a report. */
const REMEMBERED = 256;

/**
 * What one borrower did to a connection, told from the commands at the one place they all pass. A flag is set when a
 * command is issued and cleared only by a successful reply to a later one.
 */
export class ConnectionState {
  /** Serial of the command that set the flag; 0 where it is not set. */
  #watch = 0;
  #multi = 0;
  #subscribe = 0;
  #select = 0;
  /** The first command whose effect cannot be undone. */
  dirtiedBy: string | undefined;
  /** Commands that were written. */
  sent = 0;
  #serial = 0;
  /** Some command may have changed data. */
  wrote = false;
  /** Some command that may have changed data succeeded. */
  wroteForSure = false;
  #names: string[] | undefined;
  #unsent: string[] | undefined;
  #writesInDoubt = 0;
  #onWritten: (() => void) | undefined;
  #onWriteRejected: ((error: unknown) => void) | undefined;

  get clean(): boolean {
    return (
      this.#watch === 0 &&
      this.#multi === 0 &&
      this.#subscribe === 0 &&
      this.#select === 0 &&
      this.dirtiedBy === undefined
    );
  }

  /** The command that was issued last. */
  get last(): string | undefined {
    return this.#names?.at(-1);
  }

  /** Notes a command that is about to be sent. */
  issue(command: Command, { effect, harmless }: Rule): void {
    if (harmless) command.promise.then(undefined, noop);
    else this.#noteWrite(command);
    if (effect !== 'none') this.#note(command, effect, ++this.#serial);
  }

  /** Notes whether it was written: one that met a dead socket never was. */
  issued(name: string, written: boolean): void {
    if (written) {
      this.sent += 1;
      this.#names = remember(this.#names, name);
    } else this.#unsent = remember(this.#unsent, name);
  }

  /**
   * Whether doing all of it again can do nothing twice: nothing was sent, or only what changes nothing, or the server
   * refused with `error` before it had done any of it.
   */
  repeatable(error: unknown): boolean {
    if (this.sent === 0 || !this.wrote) return true;
    return isServerRefusal(error) && !this.wroteForSure && this.#writesInDoubt === 0;
  }

  /** What undoes it, if that is exact; undefined where only closing the connection will do. */
  undo(client: Client, homeDb: number): Promise<unknown>[] | undefined {
    if (this.dirtiedBy !== undefined) return undefined;
    const steps: Promise<unknown>[] = [];
    if (this.#subscribe > 0) {
      // While RESP2 is in subscriber mode nothing else can be sent, so there would be no one round trip.
      if (this.#watch || this.#multi || this.#select) return undefined;
      steps.push(client.unsubscribe(), client.punsubscribe());
      steps.push(client.sunsubscribe());
    }
    if (this.#multi > 0) steps.push(client.discard());
    else if (this.#watch > 0) steps.push(client.unwatch());
    if (this.#select > 0) steps.push(client.select(homeDb));
    return steps;
  }

  /** Of each command what is known. Replies come in order, so the unanswered ones are the last that were written. */
  report(unanswered: number): readonly CommandReport[] {
    const names = this.#names ?? [];
    const replied = names.length - unanswered;
    const sent = names.map((name, index) => ({
      name,
      status: index < replied ? ('replied' as const) : ('in-doubt' as const),
    }));
    return [...sent, ...(this.#unsent ?? []).map((name) => ({ name, status: 'not-sent' as const }))];
  }

  #noteWrite(command: Command): void {
    this.wrote = true;
    this.#writesInDoubt += 1;
    this.#onWritten ??= () => {
      this.#writesInDoubt -= 1;
      this.wroteForSure = true;
    };
    this.#onWriteRejected ??= (error) => {
      if ((error as Error)?.name === 'ReplyError') this.#writesInDoubt -= 1;
    };
    command.promise.then(this.#onWritten, this.#onWriteRejected);
  }

  #note(command: Command, effect: Effect, serial: number): void {
    if (effect === 'watch') this.#watch = serial;
    else if (effect === 'multi') this.#multi = serial;
    else if (effect === 'subscribe') this.#subscribe = serial;
    else if (effect === 'select') this.#select = serial;
    else if (effect === 'dirty') this.dirtiedBy ??= command.name;
    else this.#clearOnReply(command, effect, serial);
  }

  #clearOnReply(command: Command, effect: Effect, serial: number): void {
    const older = (flag: number) => (flag < serial ? 0 : flag);
    const clear = (reply: unknown) => {
      if (effect === 'unsubscribe') {
        if (Number(reply) === 0) this.#subscribe = older(this.#subscribe);
        return;
      }
      this.#watch = older(this.#watch);
      if (effect === 'exec') this.#multi = older(this.#multi);
    };
    // A transaction that the server refused as a whole is over too.
    const refused = (error: unknown) => {
      if (effect === 'exec' && String((error as Error)?.message).startsWith('EXECABORT')) clear(0);
    };
    command.promise.then(clear, refused);
  }
}

function remember(names: string[] | undefined, name: string): string[] {
  if (!names) return [name];
  if (names.length === REMEMBERED * 2) names.splice(0, REMEMBERED);
  names.push(name);
  return names;
}

/** The server was in no state to execute anything, and said so. */
function isServerRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return false;
  return /^(LOADING|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY)\b/.test(error.message);
}
