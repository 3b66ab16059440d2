import type { Connection } from '../connection/connection.js';
import type { CommandReport } from '../core/errors.js';

/** How many commands are kept for a report. */
const REMEMBERED = 512;

/** One command of a scope, and what became of it. */
export class Entry implements CommandReport {
  status: CommandReport['status'] = 'not-sent';
  /** Whoever issued it has heard nothing yet. */
  open = true;
  next: Entry | undefined;
  /** Where it was sent last. */
  on: Connection | undefined;

  /** @param harmless Sending it twice is as good as once. */
  constructor(
    readonly name: string,
    readonly harmless: boolean,
  ) {}

  /** The connection has taken it. */
  written(on: Connection): void {
    this.on = on;
    if (this.status === 'not-sent') this.status = 'in-doubt';
  }
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
  /** One of those that are not kept may have changed data. */
  #forgotWrite = false;

  note(entry: Entry): void {
    if (this.#last) this.#last.next = entry;
    else this.#first = entry;
    this.#last = entry;
    this.#size += 1;
    if (this.#size > REMEMBERED) this.#forget();
  }

  get wrote(): boolean {
    const isWritten = ({ harmless, status }: Entry) => !harmless && status !== 'not-sent';
    return this.#forgotWrite || [...this.#entries()].some(isWritten);
  }

  /** Whether all that may have changed data before was done on the same connection. */
  speaksForAll(entry: Entry): boolean {
    for (const each of this.#entries()) {
      if (each === entry) return !this.#forgotWrite;
      if (!each.harmless && (each.status !== 'replied' || each.on !== entry.on)) return false;
    }
    return false;
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
    this.#forgotWrite ||= !first.harmless;
    this.#first = first.next;
    this.#size -= 1;
  }

  *#entries(): IterableIterator<Entry> {
    for (let entry = this.#first; entry; entry = entry.next) yield entry;
  }
}
