import { slotOf } from '../adapters/ioredis.js';
import type { Command } from '../connection/client.js';
import { ConfigurationError } from '../core/errors.js';

/** Names come from callers; a service uses far fewer. */
const REMEMBERED = 1_000;

/**
 * Which argument of a command is its key, where ioredis does not know or is wrong: told by the slot that a server has
 * redirected it for. So whatever a server adds, and whatever way it is called in, is redirected once and not again.
 */
export class KeyPlaces {
  readonly #places = new Map<string, number>();

  /** Of what the command is about, as far as is known. */
  slotOf(command: Command): number | undefined {
    const place = this.#places.size > 0 ? this.#places.get(command.name.toLowerCase()) : undefined;
    const key = place === undefined ? undefined : command.args[place];
    if (key !== undefined) return slotOfKey(key);
    return command.getSlot?.() ?? undefined;
  }

  /** A server has said that the command is about `slot`. */
  learn(command: Command, slot: number): void {
    if (this.slotOf(command) === slot) return;
    const place = command.args.findIndex((arg) => slotOfKey(arg) === slot);
    if (place < 0) return;
    if (this.#places.size >= REMEMBERED) this.#places.clear();
    this.#places.set(command.name.toLowerCase(), place);
  }
}

/** What is done in one piece is done by one node. */
export function keysApart(label?: string): ConfigurationError {
  return new ConfigurationError(
    'keys',
    'must share a slot of the cluster: give them the same {tag}, as in {cart}:items and {cart}:sum',
    { label },
  );
}

/** A key as it is written, with the prefix that it may have. */
function slotOfKey(key: unknown): number {
  return slotOf(Buffer.isBuffer(key) ? key : String(key), undefined);
}
