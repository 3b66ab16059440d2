import type { Figure } from './figures.js';
import type { Plan } from './interleaved.js';

/** What a scenario is given by the process that runs it. */
export interface Bench {
  /** Of the server under test. */
  readonly url: string;
  /** Where the server speaks TLS: what clients of ioredis take besides. */
  readonly tls?: { readonly tls: { readonly ca: string } };
  readonly key: string;
  /** What the key holds: 100 bytes unless a situation says otherwise. */
  readonly value: string;
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
