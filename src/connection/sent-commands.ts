import type { CommandReport } from '../core/errors.js';
import type { Command } from './client.js';

/** How many commands are kept for a report. */
const REMEMBERED = 256;
const NONE: number[] = [];

/** The commands that one borrower has written, the most recent ones, by where they stand among all on the connection. */
export class SentCommands {
  last: Command;
  lastSerial: number;
  readonly #firstName: string;
  readonly #firstSerial: number;
  /** Most borrowers send one command, and need no lists. One each, for an object for each command is more to collect. */
  #names: string[] | undefined;
  #serials: number[] = NONE;

  constructor(command: Command, serial: number) {
    this.last = command;
    this.lastSerial = serial;
    this.#firstName = command.name;
    this.#firstSerial = serial;
  }

  note(command: Command, serial: number): void {
    this.last = command;
    this.lastSerial = serial;
    if (!this.#names) {
      this.#names = [];
      this.#serials = [];
    }
    if (this.#names.length === REMEMBERED * 2) {
      this.#names.splice(0, REMEMBERED);
      this.#serials.splice(0, REMEMBERED);
    }
    this.#names.push(command.name);
    this.#serials.push(serial);
  }

  /** Replies come in order, so what is unanswered is what was written last. */
  report(answered: number): CommandReport[] {
    const names = [this.#firstName, ...(this.#names ?? [])];
    const serials = [this.#firstSerial, ...this.#serials];
    return names.map((name, index) => ({
      name,
      status: (serials[index] as number) <= answered ? 'replied' : 'in-doubt',
    }));
  }
}
