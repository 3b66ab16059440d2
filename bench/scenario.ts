import type { Figure } from './figures.js';
import type { Plan } from './interleaved.js';

/** What a scenario is given by the process that runs it. */
export interface Bench {
  /** Of the server under test. */
  readonly url: string;
  /** Holds 100 bytes. */
  readonly key: string;
  /** Names of further keys begin with it; they are deleted at the end. */
  readonly prefix: string;
  /** The file that holds the package as its users get it. */
  readonly packageFile: string;
  readonly quick: boolean;
  readonly plan: Plan;
  /** Says what is going on. A stage is worth a line in a log, its detail is not. */
  progress(stage: string, detail?: string): void;
  /** For the reader of the results. */
  note(text: string): void;
}

export interface Scenario {
  readonly title: string;
  run(bench: Bench): Promise<Figure[]>;
}
