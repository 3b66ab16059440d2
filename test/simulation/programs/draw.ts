import { Random } from '../world/random.js';
import { FEATURES, type Feature } from './features.js';

/** What is drawn from, and what a program has of all that there is. */
export class Draw {
  readonly random: Random;
  readonly #features: Set<Feature>;

  constructor(seed: number, without: readonly Feature[]) {
    this.random = new Random(seed);
    const all = (Object.keys(FEATURES) as Feature[]).filter(() => this.random.chance(0.6));
    this.#features = new Set(all.filter((feature) => !without.includes(feature)));
  }

  get features(): readonly Feature[] {
    return [...this.#features];
  }

  has(feature: Feature): boolean {
    return this.#features.has(feature);
  }

  with(feature: Feature, probability = 1): boolean {
    return this.has(feature) && this.random.chance(probability);
  }

  /** How long something takes or lasts. */
  ms(): number {
    return this.random.pick([0, 0, 1, 2, 5, 15, 60, 300, 1_500]);
  }
}
