import type { Command, Send } from './client.js';
import type { Effect } from './command-rules.js';
import { isAbort } from './reply-error.js';

type Mark = 'watch' | 'multi' | 'subscribe' | 'select';

/** What a command sets when it is issued, and clears once it has been answered. */
interface Meaning {
  readonly sets?: Mark;
  readonly clears?: readonly Mark[];
}

/** A command, and its reply or what it was rejected with. */
export interface Answer {
  readonly command: Command;
  readonly effect: Effect;
  readonly ok: boolean;
  readonly reply: unknown;
}

const MEANINGS: Readonly<Record<Effect, Meaning>> = {
  none: {},
  refused: {},
  dirty: {},
  watch: { sets: 'watch' },
  unwatch: { clears: ['watch'] },
  multi: { sets: 'multi' },
  // Also DISCARD: a transaction that is over watches nothing any more.
  exec: { clears: ['watch', 'multi'] },
  select: { sets: 'select' },
  // Whether others have what this connection wrote; leaves nothing behind.
  confirm: {},
  subscribe: { sets: 'subscribe' },
  unsubscribe: { clears: ['subscribe'] },
};

/**
 * What one borrower did to a connection, told from the commands at the one place they all pass. A mark is set when a
 * command is issued and cleared only by a successful reply to a later one.
 */
export class ConnectionState {
  /** Serial of the command that set the mark; 0 where it is not set. */
  readonly #marks: Record<Mark, number> = { watch: 0, multi: 0, subscribe: 0, select: 0 };
  /** Which command subscribed. */
  #kind = '';
  #serial = 0;
  /** How many commands were issued that end a WATCH, or may, whoever set it. */
  watchesEnded = 0;
  /** The first command whose effect cannot be undone. */
  dirtiedBy: string | undefined;

  get clean(): boolean {
    const { watch, multi, subscribe, select } = this.#marks;
    return this.dirtiedBy === undefined && watch + multi + subscribe + select === 0;
  }

  /** The server may tell something unasked, and the borrower waits for that. */
  get subscribed(): boolean {
    return this.#marks.subscribe > 0;
  }

  /** Notes a command that is about to be sent. */
  note(command: Command, effect: Effect): void {
    const serial = this.#mark(command, effect);
    const answered = (ok: boolean, reply: unknown) => this.#clear(effect, ok, reply, serial);
    command.promise.then(
      (reply) => answered(true, reply),
      (error: unknown) => answered(false, error),
    );
  }

  /** Notes a command that has been answered, and at once what that clears. */
  noteAnswered({ command, effect, ok, reply }: Answer): void {
    this.#clear(effect, ok, reply, this.#mark(command, effect));
  }

  /** What undoes it, if that is exact; undefined where only closing the connection will do. */
  undo(send: Send, homeDb: number): Promise<unknown>[] | undefined {
    const { watch, multi, subscribe, select } = this.#marks;
    if (this.dirtiedBy !== undefined) return undefined;
    // While RESP2 is in subscriber mode nothing else can be sent, so there would be no one round trip.
    if (subscribe && (watch || multi || select)) return undefined;
    const steps: Promise<unknown>[] = [];
    if (subscribe) steps.push(send(this.#kind.replace('sub', 'unsub')));
    if (multi) steps.push(send('discard'));
    else if (watch) steps.push(send('unwatch'));
    if (select) steps.push(send('select', homeDb));
    return steps;
  }

  /**
   * The server counts each kind by itself, and ioredis takes every count for all of them: a mixture is not undone. Nor is a
   * subscription to a shard: when its slot moves the server ends it unasked, in the words of a reply to SUNSUBSCRIBE.
   */
  #isAmbiguous({ name }: Command, effect: Effect): boolean {
    if (name === 'ssubscribe') return true;
    if (this.#marks.subscribe === 0) return false;
    if (effect === 'subscribe') return name !== this.#kind;
    return effect === 'unsubscribe' && name.replace('un', '') !== this.#kind;
  }

  #mark(command: Command, effect: Effect): number {
    const serial = ++this.#serial;
    const { sets, clears } = MEANINGS[effect];
    if (effect === 'dirty' || clears?.includes('watch')) this.watchesEnded += 1;
    if (effect === 'dirty' || this.#isAmbiguous(command, effect)) this.dirtiedBy ??= command.name;
    if (sets) this.#marks[sets] = serial;
    if (sets === 'subscribe') this.#kind = command.name;
    return serial;
  }

  #clear(effect: Effect, ok: boolean, reply: unknown, serial: number): void {
    if (!isOver(effect, ok, reply)) return;
    for (const mark of MEANINGS[effect].clears ?? []) if (this.#marks[mark] < serial) this.#marks[mark] = 0;
  }
}

/** Whether what the command ends is over by its answer. */
function isOver(effect: Effect, ok: boolean, reply: unknown): boolean {
  // A transaction that the server refused as a whole is over too.
  if (!ok) return effect === 'exec' && isAbort(reply);
  // Other channels are left.
  return effect !== 'unsubscribe' || Number(reply) === 0;
}
