import type { OutsideClient } from './census.js';
import { Curve, type Round } from './curve.js';
import type { Remnant } from './remnants.js';
import { judge, type Suspicion, worstOf } from './verdict.js';

/** Whose connections are counted: of the calls, of other work in this thread, of other threads and processes. */
export type Whose = 'calls' | 'others' | 'outside';

/** What there is at a moment. */
export interface Sight {
  readonly ofCalls: readonly Remnant[];
  readonly ofOthers: readonly Remnant[];
  readonly outside: readonly OutsideClient[];
}

/** All that the calls left together, wherever it leads to. */
const ALL = Symbol('all');

/** How each kind of connection grows with the calls. */
export class Curves {
  /** A leak to one place must not hide behind connections to another that close at the same time. */
  readonly #byTarget = new Map<string | symbol, Curve>([[ALL, new Curve()]]);
  readonly #others = new Curve();
  readonly #outside = new Curve();

  constructor(private readonly concurrency: number) {}

  /** Looks at the round that has ended, as often as one likes. */
  look({ ofCalls, ofOthers, outside }: Sight, round: Round): void {
    for (const { target } of ofCalls)
      if (!this.#byTarget.has(target)) this.#byTarget.set(target, new Curve());
    for (const [name, curve] of this.#byTarget) {
      curve.look(name === ALL ? ofCalls : ofCalls.filter(({ target }) => target === name), round);
    }
    this.#others.look(ofOthers, round);
    this.#outside.count(outside.length);
  }

  /** What was there before the first measured call is no growth. */
  begin(): void {
    for (const curve of this.#all) curve.begin();
  }

  /** The next round begins where this one ended. */
  close(): void {
    for (const curve of this.#all) curve.close();
  }

  suspicionOf(whose: Whose): Suspicion {
    return worstOf(this.#of(whose).map((curve) => this.#judge(curve)));
  }

  /** A leak of the calls needs no further look; of the others it might be somebody else's. */
  get suspicion(): Suspicion {
    if (this.suspicionOf('calls') === 'leak') return 'leak';
    const all = this.#all.map((curve) => this.#judge(curve));
    return all.includes('doubt') ? 'doubt' : worstOf(all);
  }

  get isAmbiguous(): boolean {
    return this.#all.some(({ isAmbiguous }) => isAmbiguous);
  }

  growthOf(whose: Whose): readonly number[] {
    return this.#of(whose)[0]!.growth;
  }

  /** Whether connections to there are those that grow; all are where none grow by themselves. */
  grows(target: string): boolean {
    const growing = [...this.#byTarget].filter(
      ([name, curve]) => name !== ALL && this.#judge(curve) !== 'ok',
    );
    return growing.length === 0 || growing.some(([name]) => name === target);
  }

  get #all(): Curve[] {
    return [...this.#byTarget.values(), this.#others, this.#outside];
  }

  #of(whose: Whose): Curve[] {
    if (whose === 'calls') return [...this.#byTarget.values()];
    return [whose === 'others' ? this.#others : this.#outside];
  }

  #judge({ growth }: Curve): Suspicion {
    return judge(growth, this.concurrency);
  }
}
