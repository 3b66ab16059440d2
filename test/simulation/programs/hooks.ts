import type { Observer } from 'with-redis';
import { describe } from '../world/values.js';
import type { InstancePlan } from './program.js';
import { SLACK_MS } from './timing.js';
import { isHopeless } from './verdict.js';
import type { World } from './world.js';

/** Clocks are not whole ms, timers are. */
const ROUNDING_MS = 1;
/** The hooks of an instance: they count, and then do mischief, if any. */
export class Hooks {
  readonly observer: Observer;
  readonly #plan: InstancePlan;
  readonly #violate: (what: string) => void;
  readonly #stalledMs: () => number;
  readonly #seen = { acquired: 0, released: 0, connected: 0, closed: 0, held: 0, returned: 0 };
  /** Labels of what was acquired and is not released, and how often. */
  readonly #held = new Map<string | undefined, number>();
  /** How many leases were held for longer than they may be, and how many for so long that somebody must have been told. */
  #long = 0;
  #overdue = 0;

  constructor(plan: InstancePlan, world: Pick<World, 'stalledMs' | 'violate'>, mischief: () => void) {
    this.#plan = plan;
    this.#violate = (what) => world.violate(what);
    this.#stalledMs = () => world.stalledMs;
    this.observer = this.#observer(mischief);
  }

  /** What is wrong where this one holds nothing any more. */
  heldBy(label: string): string | undefined {
    const times = this.#held.get(label) ?? 0;
    return times === 0 ? undefined : `settles, and ${times} of its leases were not observed to be released`;
  }

  /** All is over. */
  expectEven({ created, leaks }: { readonly created: number; readonly leaks: number }): void {
    const { acquired, released, connected, closed, held, returned } = this.#seen;
    if (acquired !== released) this.#violate(`${acquired} acquired were observed, and ${released} released`);
    for (const [label, times] of this.#held)
      if (times !== 0) this.#violate(`of what ${label} acquired ${times} were not observed to be released`);
    if (connected !== closed || connected !== created)
      this.#violate(`${connected} connected were observed, ${closed} closed, and ${created} counted`);
    if (held !== returned || held !== leaks)
      this.#violate(`${held} were observed to be held, ${returned} returned, and ${leaks} counted`);
    if (this.#overdue > held || this.#long < held)
      this.#violate(`${this.#overdue} to ${this.#long} were held for too long, and ${held} observed to be`);
  }

  #observer(mischief: () => void): Observer {
    const { leakThresholdMs = Number.POSITIVE_INFINITY, releaseTimeoutMs } = this.#plan;
    const counts = (what: 'connected' | 'closed') => () => {
      this.#seen[what] += 1;
      mischief();
    };
    const held = (label: string | undefined, more: 1 | -1) =>
      this.#held.set(label, (this.#held.get(label) ?? 0) + more);
    return {
      onAcquire: ({ label }) => {
        this.#seen.acquired += 1;
        held(label, 1);
        mischief();
      },
      onRelease: ({ label, heldMs }) => {
        this.#seen.released += 1;
        held(label, -1);
        if (heldMs >= leakThresholdMs - ROUNDING_MS) this.#long += 1;
        // Nobody holds what is being given back, and a release may take its time.
        const lateMs = SLACK_MS + 1.25 * releaseTimeoutMs + this.#stalledMs();
        if (heldMs > leakThresholdMs + lateMs) this.#overdue += 1;
        mischief();
      },
      onConnect: counts('connected'),
      onClose: counts('closed'),
      onRetry: ({ outcome }) => {
        if (!outcome.ok && isHopeless(outcome.error))
          this.#violate(`what cannot end otherwise is tried again: ${describe(outcome.error)}`);
        mischief();
      },
      onLeak: ({ kind, heldMs }) => {
        if (kind === 'collected') this.#violate('a lease was collected that is held');
        else this.#seen[kind] += 1;
        if (heldMs < leakThresholdMs - ROUNDING_MS)
          this.#violate(`after ${heldMs} ms a lease is ${kind}, and nobody minds until ${leakThresholdMs}`);
        mischief();
      },
    };
  }
}

/** What hooks do besides. @param call makes a call, and ends when it has */
export function mischiefOf(observer: InstancePlan['observer'], call: () => Promise<unknown>): () => void {
  if (observer === 'throws')
    return () => {
      throw new Error('a hook that throws');
    };
  if (observer === 'counts') return () => {};
  let depth = 0;
  return () => {
    if (depth > 0) return;
    depth += 1;
    call()
      .catch(() => {})
      .finally(() => {
        depth -= 1;
      });
  };
}
