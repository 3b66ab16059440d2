import type { CommandReport } from '../core/errors.js';

/** How many names are kept, a power of two. */
const CAPACITY = 256;

/** The names of the commands written on one connection, the most recent ones; a lease looks at those since its begin. */
export class CommandLog {
  readonly #names: string[] = [];
  /** Commands ever written. */
  written = 0;

  note(name: string): void {
    this.#names[this.written % CAPACITY] = name;
    this.written += 1;
  }

  last(since: number): string | undefined {
    return this.written > since ? this.#names[(this.written - 1) % CAPACITY] : undefined;
  }

  /** Replies come in order, so the unanswered commands are the last that were written. */
  report(since: number, unanswered: number): CommandReport[] {
    const reports: CommandReport[] = [];
    for (let serial = Math.max(since, this.written - CAPACITY); serial < this.written; serial++) {
      const name = this.#names[serial % CAPACITY] ?? '';
      reports.push({ name, status: serial < this.written - unanswered ? 'replied' : 'in-doubt' });
    }
    return reports;
  }
}
