import type { CommandReport } from '../core/errors.js';

/** How many commands are kept for a report. */
const REMEMBERED = 256;

/** One command of a scope, and what became of it. */
export interface Entry extends CommandReport {
  status: CommandReport['status'];
  /** Whoever issued it has heard nothing yet. */
  open: boolean;
}

/** The commands of a scope, the most recent ones, whatever connections they took. */
export class CommandRecord {
  #entries: Entry[] = [];
  /** Some of those that are not kept were sent. */
  #forgotSent = false;

  note(entry: Entry): void {
    if (this.#entries.length === REMEMBERED * 2) {
      this.#forgotSent ||= this.hasSent;
      this.#entries = this.#entries.slice(REMEMBERED);
    }
    this.#entries.push(entry);
  }

  get hasSent(): boolean {
    return this.#forgotSent || this.#entries.some(({ status }) => status !== 'not-sent');
  }

  get last(): string | undefined {
    return this.#entries.at(-1)?.name;
  }

  get unanswered(): string[] {
    return this.#entries.flatMap(({ name, status, open }) => (open || status === 'in-doubt' ? [name] : []));
  }

  report(): CommandReport[] {
    return this.#entries.map(({ name, status }) => ({ name, status }));
  }
}
