import type { Client, Command } from './client.js';
import type { Effect } from './command-rules.js';

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
  /** Which command subscribed. */
  #kind = '';
  #serial = 0;
  /** The first command whose effect cannot be undone. */
  dirtiedBy: string | undefined;

  get clean(): boolean {
    const { dirtiedBy } = this;
    return !(this.#watch || this.#multi || this.#subscribe || this.#select || dirtiedBy !== undefined);
  }

  /** Notes a command that is about to be sent. */
  note(command: Command, effect: Effect): void {
    const serial = ++this.#serial;
    if (effect === 'watch') this.#watch = serial;
    else if (effect === 'multi') this.#multi = serial;
    else if (effect === 'subscribe') this.#noteSubscription(command, serial);
    else if (effect === 'select') this.#select = serial;
    else if (effect === 'dirty') this.dirtiedBy ??= command.name;
    else this.#clearOnReply(command, effect, serial);
  }

  /** The server counts each kind by itself, and ioredis takes every count for all of them: a mixture is not undone. */
  #noteSubscription(command: Command, serial: number): void {
    if (this.#subscribe > 0 && this.#kind !== command.name) this.dirtiedBy ??= command.name;
    this.#subscribe = serial;
    this.#kind = command.name;
  }

  /** What undoes it, if that is exact; undefined where only closing the connection will do. */
  undo(client: Client, homeDb: number): Promise<unknown>[] | undefined {
    if (this.dirtiedBy !== undefined) return undefined;
    const steps: Promise<unknown>[] = [];
    if (this.#subscribe > 0) {
      // While RESP2 is in subscriber mode nothing else can be sent, so there would be no one round trip.
      if (this.#watch || this.#multi || this.#select) return undefined;
      if (this.#kind === 'subscribe') steps.push(client.unsubscribe());
      else if (this.#kind === 'psubscribe') steps.push(client.punsubscribe());
      else steps.push(client.sunsubscribe());
    }
    if (this.#multi > 0) steps.push(client.discard());
    else if (this.#watch > 0) steps.push(client.unwatch());
    if (this.#select > 0) steps.push(client.select(homeDb));
    return steps;
  }

  #clearOnReply(command: Command, effect: Effect, serial: number): void {
    if (effect === 'unsubscribe' && this.#subscribe > 0 && command.name.replace('un', '') !== this.#kind)
      this.dirtiedBy ??= command.name;
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
