import type { CommandReport } from '../core/errors.js';
import type { Command } from './client.js';

/** How many commands are kept for a report. */
const REMEMBERED = 256;

interface Sent {
  readonly name: string;
  readonly serial: number;
}

/** The commands that one borrower has written, the most recent ones, by where they stand among all on the connection. */
export class SentCommands {
  last: Command;
  lastSerial: number;
  readonly #firstName: string;
  readonly #firstSerial: number;
  /** Most borrowers send one command, and need no list. */
  #more: Sent[] | undefined;

  constructor(command: Command, serial: number) {
    this.last = command;
    this.lastSerial = serial;
    this.#firstName = command.name;
    this.#firstSerial = serial;
  }

  note(command: Command, serial: number): void {
    this.last = command;
    this.lastSerial = serial;
    this.#more ??= [];
    if (this.#more.length === REMEMBERED * 2) this.#more.splice(0, REMEMBERED);
    this.#more.push({ name: command.name, serial });
  }

  /** Replies come in order, so what is unanswered is what was written last. */
  report(answered: number): CommandReport[] {
    const first = { name: this.#firstName, serial: this.#firstSerial };
    return [first, ...(this.#more ?? [])].map(({ name, serial }) => ({
      name,
      status: serial <= answered ? 'replied' : 'in-doubt',
    }));
  }
}
