import type { ScenarioResult } from './figures.js';
import type { Bench } from './scenario.js';
import type { ScenarioName } from './scenario-names.js';
import { scenarios } from './scenarios/index.js';

/** What the launcher sends along. */
export type Job = Omit<Bench, 'progress' | 'note'> & { readonly scenario: ScenarioName };

export type Message =
  | { readonly kind: 'progress'; readonly stage: string; readonly detail: string }
  | { readonly kind: 'result'; readonly result: ScenarioResult };

/** One scenario in a process of its own, so that none is measured on what another has left to the optimiser. */
async function work({ scenario: name, ...job }: Job): Promise<void> {
  const scenario = scenarios[name];
  const notes: string[] = [];
  const startedAt = performance.now();
  const figures = await scenario.run({
    ...job,
    progress: (stage, detail = '') => tell({ kind: 'progress', stage, detail }),
    note: (text) => void (notes.includes(text) || notes.push(text)),
  });
  const tookMs = Math.round(performance.now() - startedAt);
  const measuredAt = new Date().toISOString();
  tell({ kind: 'result', result: { name, title: scenario.title, measuredAt, tookMs, figures, notes } });
}

function tell(message: Message): void {
  process.send?.(message);
}

await work(JSON.parse(process.argv[2]!) as Job);
process.disconnect?.();
