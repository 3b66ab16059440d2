import { type Program, scopesOf } from './programs/program.js';
import { Runner } from './programs/runner.js';
import type { World } from './programs/world.js';
import { real } from './world/globals.js';
import { describe } from './world/values.js';

/** Steps that are queued at once; between any two of them Node runs ticks and microtasks, as between any callbacks. */
const BATCH = 128;
/** How often we look again whether something outside of the world is under way: a module that is loaded, say. */
const LOOKS = 50;

export interface Performance {
  readonly program: Program;
  readonly violations: readonly string[];
  readonly trace: string;
  readonly events: number;
  readonly steps: number;
  readonly scopes: number;
  readonly virtualMs: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly story: readonly string[];
  /** All that there was. */
  readonly world: WeakRef<World>;
}

let world: World | undefined;

const complain = (what: string) => world?.violate(what);

/** Once for the process: nothing that a program does may be heard of here. */
export function listen(): void {
  process.on('unhandledRejection', (error) => complain(`unhandled rejection: ${tell(error)}`));
  process.on('uncaughtException', (error) => complain(`uncaught exception: ${tell(error)}`));
  process.on('warning', (warning) => complain(`warning: ${tell(warning)}`));
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const)
    console[method] = (...args: unknown[]) => complain(`console.${method}: ${args.map(describe).join(' ')}`);
}

function tell(error: unknown): string {
  const lines = error instanceof Error ? String(error.stack).split('\n').slice(1, 4) : [];
  return [describe(error), ...lines.map((line) => line.trim())].join(' ');
}

/** Runs one program to its end. */
export async function perform(program: Program, withStory = false): Promise<Performance> {
  // Of all that errors cost, most is their stacks.
  Error.stackTraceLimit = withStory ? 12 : 0;
  const runner = new Runner(program);
  world = runner.world;
  if (withStory) world.trace.story = [];
  void runner.run();
  await turn(runner);
  world.leave();
  const { violations, trace, loop } = world;
  const performance = {
    program,
    violations: [...violations],
    trace: trace.hex,
    events: trace.events,
    steps: loop.steps,
    scopes: scopesOf(program),
    virtualMs: loop.now,
    outcomes: runner.tally.outcomes,
    story: trace.story ?? [],
    world: new WeakRef(world),
  };
  // What is left in the queues of ticks and microtasks still finds its own world.
  await new Promise(real.setImmediate);
  return performance;
}

/** Turns the world until the program is over, or something is wrong, or nothing happens any more. */
function turn(runner: Runner): Promise<void> {
  const { loop, violations } = runner.world;
  return new Promise((resolve) => {
    let queued = 0;
    let looks = LOOKS;
    let over = false;
    const end = () => {
      if (!over) resolve();
      over = true;
    };
    const queue = () => {
      for (; queued < BATCH; queued++) real.setImmediate(step);
    };
    const look = () => {
      if (looks-- > 0) real.setTimeout(queue, 1);
      else {
        runner.stuck();
        end();
      }
    };
    const step = () => {
      queued -= 1;
      if (over) return;
      let went = true;
      try {
        runner.check();
        if (runner.done || violations.length > 0) return end();
        went = loop.step();
      } finally {
        if (!went) looking = true;
        if (queued === 0 && !over) {
          if (looking) look();
          else queue();
          looking = false;
        } else if (went) looks = LOOKS;
      }
    };
    let looking = false;
    queue();
  });
}
