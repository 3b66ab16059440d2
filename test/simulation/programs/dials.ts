import type { Calls } from './calls.js';
import type { ActionName, InstancePlan, Scope } from './program.js';
import type { Kind } from './subject.js';
import type { World } from './world.js';

/** What may dial besides the scope that it is in: another scope, or a word to the server in place of one that waits. */
const DIALLING: readonly ActionName[] = ['nest', 'nest and leave', 'block'];
/** Within a second nobody has to want one: what is kept idle is replaced, and where a dial may take 30 ms a server that loads is dialled as often. */
const UNASKED = 100;
const UNASKED_EACH = 40;
/** Dials that a call may cause are not all counted: what comes after one that was in vain, for one. */
const LENIENCE = 1.5;
/** However often it is tried, and whatever it opens inside. */
const MOST = 4;
/** Where there are sentinels, up to three are asked before each dial; of a cluster each node has its own. */
const WAYS: Partial<Record<InstancePlan['address'], number>> = { sentinels: 4, cluster: 8 };

/** How often a call has a connection dialled, at most. */
export function mostDials(kind: Kind, { body, attempts, isolation }: Scope, plan: InstancePlan): number {
  if (kind === 'standing') return MOST;
  const moves = (isolation ?? plan.isolation) === 'auto' ? 1 : 0;
  const more = body.filter((action) => DIALLING.includes(action.do)).length;
  return Math.min(MOST, LENIENCE * (attempts ?? plan.attempts) * (1 + moves + more));
}

/** Nobody dials much more often than somebody wants a connection. */
export class DialWatch {
  readonly #world: World;
  readonly #calls: Calls;
  readonly #plan: InstancePlan;
  #second = 0;
  #dialsBefore = 0;
  #wantedBefore = 0;

  constructor(world: World, calls: Calls, plan: InstancePlan) {
    this.#world = world;
    this.#calls = calls;
    this.#plan = plan;
  }

  /** After every callback. */
  check(): void {
    const { loop, network } = this.#world;
    const second = Math.floor(loop.now / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#dialsBefore = network.dials;
      this.#wantedBefore = this.#wanted - this.#running;
    }
    const dials = network.dials - this.#dialsBefore;
    const wanted = this.#wanted - this.#wantedBefore;
    const { maxConnections, address } = this.#plan;
    const most = UNASKED + UNASKED_EACH * maxConnections + wanted;
    if (dials > most * (WAYS[address] ?? 1))
      this.#world.violate(`a dial storm: ${dials} dials within a second, where ${wanted} were wanted`);
  }

  get #wanted(): number {
    return this.#calls.dials.made + this.#world.hooks.called * MOST;
  }

  /** Of calls that are under way. */
  get #running(): number {
    return this.#calls.dials.running + this.#world.hooks.running * MOST;
  }
}
