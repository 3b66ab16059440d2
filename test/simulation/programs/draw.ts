import { Random } from '../world/random.js';
import { FEATURES, type Feature } from './features.js';

const CALM = 2 ** 51;
const DISTURBERS: readonly Feature[] = [
  'endings',
  'moods',
  'moves',
  'network',
  'clock',
  'sleep',
  'speech',
  'sentinels',
  'reshaping',
  'command timeouts',
];

/** Each is drawn for itself, so that a new one leaves programs that lack it as they are. */
function hasFeature(seed: number, feature: Feature): boolean {
  let salt = 0;
  for (let at = 0; at < feature.length; at++) salt = (salt * 31 + feature.charCodeAt(at)) % 2 ** 20;
  return new Random(seed + salt * 2 ** 32).chance(0.6);
}

/** What is drawn from, and what a program has of all that there is. */
export class Draw {
  readonly random: Random;
  /** Nothing in it is a reason to think that a connection is dead, so none may be taken for it. */
  readonly isCalm: boolean;
  readonly #features: Set<Feature>;

  constructor(seed: number, without: readonly Feature[]) {
    this.random = new Random(seed);
    const all = Object.keys(FEATURES) as Feature[];
    this.isCalm = new Random(seed + CALM).chance(0.1);
    const mayHave = (feature: Feature) =>
      !without.includes(feature) && !(this.isCalm && DISTURBERS.includes(feature));
    this.#features = new Set(all.filter((feature) => hasFeature(seed, feature) && mayHave(feature)));
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
