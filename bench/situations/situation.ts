import type { Bench } from '../scenario.js';

/** Where contenders meet: near and alone unless a situation says otherwise. */
export interface Situation {
  /** Groups of figures begin with it. */
  readonly name: string;
  /** Makes it for as long as the function runs. */
  readonly around: <T>(bench: Bench, use: (bench: Bench) => Promise<T>) => Promise<T>;
}

export const nearAndAlone: Situation = { name: '', around: (bench, use) => use(bench) };
