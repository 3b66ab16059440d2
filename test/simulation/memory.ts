import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { real } from './world/globals.js';

/** A full collection takes as long as some programs. */
const TOGETHER = 1_000;
/** What is held for good is held after these too; they take a second. */
const ROUNDS = 20;

/** Programs that are over, and whether anything of them is still in memory. */
export class Memory {
  readonly #collect: () => void;
  #over: { readonly seed: number; readonly world: WeakRef<object> }[] = [];

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  /** @returns The numbers of those whose instances are closed, and which somebody holds all the same. */
  async leave(seed: number, world: WeakRef<object>): Promise<readonly number[]> {
    const before = this.#over;
    before.push({ seed, world });
    if (before.length < TOGETHER) return [];
    // The last one may be held by what has just been called.
    this.#over = before.splice(-1);
    let held = before;
    for (let round = 0; round < ROUNDS && (round < 3 || held.length > 0); round++) {
      // What is told of a collection lets go of the rest, and a compiler in a thread of its own of what it looks at.
      await new Promise((resolve) => real.setTimeout(resolve, 1 + 5 * round));
      this.#collect();
      held = before.filter(({ world: each }) => each.deref());
    }
    return held.map((each) => each.seed);
  }
}
