import { parseArgs } from 'node:util';
import { Memory } from './memory.js';
import { isFeature } from './programs/features.js';
import type { Program } from './programs/program.js';
import { install, real } from './world/globals.js';

/** One process of a simulation: runs programs, and says what became of them, a line of JSON each. See main.ts. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    scopes: { type: 'string', default: 'Infinity' },
    minutes: { type: 'string', default: 'Infinity' },
    /** The numbers of single programs. */
    program: { type: 'string', multiple: true },
    /** A program, written by hand. */
    plan: { type: 'string' },
    /** Only programs whose instance is told so where its data is, as in `cluster`. */
    address: { type: 'string' },
    without: { type: 'string', multiple: true, default: [] },
    /** Patterns of what is known to be wrong. */
    tolerate: { type: 'string', multiple: true, default: [] },
    /** Goes on after a failure. */
    on: { type: 'boolean', default: false },
    /** Tells the trace of each program. */
    each: { type: 'boolean', default: false },
    /** Does not look for a shorter program. */
    'as-is': { type: 'boolean', default: false },
  },
});
const PROGRESS_MS = 1_000;
const SHRINK_MS = 20_000;
/** Of programs that were long over. */
const HELD = 'closed, and yet something of it is held in memory';
/** Of a story only the end is told. */
const LINES = 80;

install();
// After the world has taken the place of Node's clocks: what is loaded now may keep what it finds.
const { kindOf, perform, programOf, seedsOf, shrink, tolerated, warmUp } = await import('./simulation.js');
const say = (what: object) => void process.stdout.write(`${JSON.stringify(what)}\n`);
const without = values.without.filter(isFeature);
tolerated.push(...values.tolerate.map((pattern) => new RegExp(pattern)));
await warmUp();
const memory = new Memory();

const startedAt = real.now();
const totals = { programs: 0, scopes: 0, events: 0, steps: 0, virtualMs: 0, failures: 0 };
const outcomes: Record<string, number> = {};
const kinds = new Set<string>();
let trace = 0n;
let saidAt = startedAt;

const seconds = () => (real.now() - startedAt) / 1_000;
const isOver = () => totals.scopes >= Number(values.scopes) || seconds() >= Number(values.minutes) * 60;

/** The last part of a run knows nesting; see `programOf`. */
const PLAIN_PART = 0.85;
const part = () => Math.max(totals.scopes / Number(values.scopes), seconds() / (Number(values.minutes) * 60));

const plan = values.plan && (JSON.parse(values.plan) as Program);
for (const drawn of plan ? [plan.seed] : (values.program?.map(Number) ?? seedsOf(Number(values.seed)))) {
  if (isOver()) break;
  const seed = values.program || plan ? drawn : drawn - (drawn % 2) + (part() < PLAIN_PART ? 0 : 1);
  const program = plan || programOf(seed, without);
  if (values.address && program.instance.address !== values.address) continue;
  const performance = await perform(program);
  totals.programs += 1;
  for (const key of ['scopes', 'events', 'steps', 'virtualMs'] as const) totals[key] += performance[key];
  for (const [name, count] of performance.outcomes) outcomes[name] = (outcomes[name] ?? 0) + count;
  trace = BigInt.asUintN(64, trace * 31n + BigInt(`0x${performance.trace}`));
  if (values.each) say({ each: { seed, trace: performance.trace, events: performance.events } });
  if (real.now() - saidAt > PROGRESS_MS) {
    saidAt = real.now();
    say({ progress: { ...totals, seconds: seconds() } });
  }
  const [violation] = performance.violations;
  const held = violation === undefined ? await memory.leave(seed, performance.world) : [];
  if (violation !== undefined) await tell(program, violation);
  for (const number of held) await tell(plan || programOf(number, without), HELD);
  if (violation === undefined && held.length === 0) continue;
  totals.failures += Math.max(1, held.length);
  if (!values.on) break;
}
say({ end: { ...totals, seconds: seconds(), outcomes, trace: trace.toString(16).padStart(16, '0') } });
// A pipe takes its time.
process.stdout.write('', () => process.exit(0));

/** The first of each kind is told in full, and where one program alone shows it, by the shortest one that does. */
async function tell(program: Program, violation: string): Promise<void> {
  const { seed } = program;
  const kind = kindOf(violation);
  if (kinds.has(kind)) {
    say({ again: { seed, kind } });
    return;
  }
  kinds.add(kind);
  const found = { seed, kind, violation, after: seconds(), tried: totals.programs, scopes: totals.scopes };
  const until = real.now() + (values['as-is'] ? 0 : SHRINK_MS);
  const first = async (shorter: typeof program) => (await perform(shorter)).violations[0];
  const shortest =
    violation === HELD ? program : await shrink(program, kind, first, () => real.now() > until);
  const { story } = await perform(shortest, true);
  say({ failure: { ...found, shortest, story: story.slice(-LINES) } });
}
