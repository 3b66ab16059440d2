import type { Program } from './programs/program.js';

/** How much has been done. */
interface Totals {
  readonly programs: number;
  readonly scopes: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly failures: number;
  readonly seconds: number;
}

export interface Failure {
  readonly seed: number;
  readonly kind: string;
  readonly violation: string;
  readonly after: number;
  /** Programs and scopes until then. */
  readonly tried: number;
  readonly scopes: number;
  readonly shortest: Program;
  readonly story: readonly string[];
}

/** What a worker says. */
export interface Said {
  readonly progress?: Totals;
  readonly failure?: Failure;
  readonly again?: { readonly seed: number; readonly kind: string };
  readonly end?: Totals & { readonly trace: string; readonly outcomes: Readonly<Record<string, number>> };
}

const say = (line: string) => void process.stdout.write(`${line}\n`);
const count = (amount: number) => Math.round(amount).toLocaleString('en');

/** Tells people what workers say. */
export class Report {
  readonly #totals = new Map<number, Totals>();
  readonly #traces: string[] = [];
  readonly #outcomes: Record<string, number> = {};
  readonly #again = new Map<string, number>();
  readonly #isTerminal = process.stdout.isTTY;
  #failed = false;
  #saidAt = 0;

  readonly #workers: number;

  constructor(seed: number, workers: number) {
    this.#workers = workers;
    say(`simulation: seed ${seed}${workers > 1 ? `, ${workers} workers` : ''}`);
  }

  hear(worker: number, { progress, failure, again, end }: Said): void {
    if (progress) this.#progress(worker, progress);
    if (failure) this.#fail(failure);
    if (again) this.#again.set(again.kind, (this.#again.get(again.kind) ?? 0) + 1);
    if (!end) return;
    this.#totals.set(worker, end);
    this.#traces[worker] = end.trace;
    for (const [name, times] of Object.entries(end.outcomes))
      this.#outcomes[name] = (this.#outcomes[name] ?? 0) + times;
  }

  broken(worker: number, code: number | null): void {
    this.#failed = true;
    say(`worker ${worker} ended with ${code}`);
  }

  /** The code to exit with. */
  finish(): number {
    this.#clear();
    for (let worker = 0; worker < this.#workers; worker++)
      if (this.#traces[worker] === undefined) this.broken(worker, null);
    say(this.#line());
    for (const [name, times] of Object.entries(this.#outcomes).sort(([, a], [, b]) => b - a))
      say(`  ${name}: ${count(times)}`);
    for (const [kind, times] of this.#again) say(`  again, ${times} times: ${kind}`);
    say(`trace ${this.#traces.join('')}`);
    return this.#failed ? 1 : 0;
  }

  #progress(worker: number, totals: Totals): void {
    this.#totals.set(worker, totals);
    const now = performance.now();
    if (!this.#isTerminal && now - this.#saidAt < 15_000) return;
    this.#saidAt = now;
    this.#clear();
    process.stdout.write(this.#isTerminal ? this.#line() : `${this.#line()}\n`);
  }

  #clear(): void {
    if (this.#isTerminal) process.stdout.write('\r\x1b[K');
  }

  #line(): string {
    const all = [...this.#totals.values()];
    const sum = (key: keyof Totals) => all.reduce((total, each) => total + each[key], 0);
    const seconds = Math.max(0.001, ...all.map((each) => each.seconds));
    const rate = sum('scopes') / seconds;
    return `${seconds.toFixed(0)} s: ${count(sum('scopes'))} scopes in ${count(sum('programs'))} programs, ${count(sum('events'))} events, ${count(sum('virtualMs') / 60_000)} virtual minutes, ${count(rate)} scopes/s, ${sum('failures')} failures`;
  }

  #fail(failure: Failure): void {
    this.#failed = true;
    this.#clear();
    for (const line of describeFailure(failure)) say(line);
  }
}

/** What went wrong, the shortest program that does, and its story. */
export function describeFailure({ seed, violation, after, tried, shortest, story }: Failure): string[] {
  return [
    `FAILURE of program ${seed}, the ${tried}. that was tried, after ${after.toFixed(1)} s:`,
    `  ${violation}`,
    'its shortest form:',
    `  instance ${JSON.stringify(shortest.instance)}`,
    ...shortest.steps.map((step) => `  ${JSON.stringify(step)}`),
    'and how it ended, by the virtual clock in ms:',
    ...story.map((line) => `  ${line}`),
    `again by: npm run simulate -- --program ${seed}`,
  ];
}
