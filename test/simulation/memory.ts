import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { real } from './world/globals.js';

/** A full collection takes as long as some programs. */
const TOGETHER = 1_000;

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
    // What is told of the first collection lets go of the rest.
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => real.setTimeout(resolve, 1));
      this.#collect();
    }
    return before.filter(({ world: each }) => each.deref()).map((each) => each.seed);
  }
}
