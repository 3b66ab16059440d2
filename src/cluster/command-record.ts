import type { CommandReport } from '../core/errors.js';

/** How many commands are kept for a report. */
const REMEMBERED = 512;

/** One command of a scope, and what became of it. */
export class Entry implements CommandReport {
  status: CommandReport['status'] = 'not-sent';
  /** Whoever issued it has heard nothing yet. */
  open = true;
  next: Entry | undefined;

  constructor(readonly name: string) {}
}

/**
 * The commands of a scope, the most recent ones, whatever connections they took.
 *
 * A list of links, as in {@link Unit}: where a scope is as large as in a cluster, so few are made between two collections
 * that most survive the first one, and V8 then makes its array and object literals where only a full collection looks.
 */
export class CommandRecord {
  #first: Entry | undefined;
  #last: Entry | undefined;
  #size = 0;
  /** Some of those that are not kept were sent. */
  #forgotSent = false;

  note(entry: Entry): void {
    if (this.#last) this.#last.next = entry;
    else this.#first = entry;
    this.#last = entry;
    this.#size += 1;
    if (this.#size > REMEMBERED) this.#forget();
  }

  get hasSent(): boolean {
    return this.#forgotSent || [...this.#entries()].some(({ status }) => status !== 'not-sent');
  }

  get last(): string | undefined {
    return this.#last?.name;
  }

  get unanswered(): string[] {
    return [...this.#entries()].flatMap(({ name, status, open }) =>
      open || status === 'in-doubt' ? [name] : [],
    );
  }

  report(): CommandReport[] {
    return [...this.#entries()].map(({ name, status }) => ({ name, status }));
  }

  #forget(): void {
    const first = this.#first as Entry;
    this.#forgotSent ||= first.status !== 'not-sent';
    this.#first = first.next;
    this.#size -= 1;
  }

  *#entries(): IterableIterator<Entry> {
    for (let entry = this.#first; entry; entry = entry.next) yield entry;
  }
}
