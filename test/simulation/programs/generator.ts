import { DISTURBING } from './calm.js';
import { Draw } from './draw.js';
import { drawFault, drawReshaping } from './fault-steps.js';
import { FEATURES, type Feature } from './features.js';
import { drawInstance } from './instance-plan.js';
import type { Abort, Action, ActionName, InstancePlan, Isolation, Program, Scope, Step } from './program.js';

const GOOD: readonly ActionName[] = [
  'set and get',
  'set and get',
  'count',
  'count',
  'echo',
  'pipeline',
  'side by side',
  'multi',
  'list',
  'hash',
  'stream',
  'script',
  'own command',
  'callback',
  'buffers',
  'made by hand',
  'scan',
  'pause',
  'turn',
];

/** What makes no sense without a scope. */
const OF_A_SCOPE: readonly ActionName[] = [
  'listen',
  'never end',
  'nest',
  'nest and leave',
  'throw',
  'multi apart',
  'exec alone',
  'guard',
];

/** Draws programs: always the same one from the same seed. */
export class Generator {
  readonly #draw: Draw;
  readonly #actions: readonly ActionName[];
  readonly #standing: readonly ActionName[];

  constructor(seed: number, without: readonly Feature[]) {
    this.#draw = new Draw(seed, without);
    const bad = this.#draw.features.flatMap((feature) => [...FEATURES[feature]]);
    const all = [...GOOD, ...GOOD, ...bad];
    this.#actions = this.#draw.isCalm ? all.filter((name) => !DISTURBING.includes(name)) : all;
    this.#standing = this.#actions.filter((name) => !OF_A_SCOPE.includes(name));
  }

  program(seed: number): Program {
    const instance = drawInstance(this.#draw);
    const steps = Array.from({ length: this.#draw.random.int(3, 30) }, () => this.#steps(instance)).flat();
    return { seed, instance, steps: [...steps, ...this.#last(instance)] };
  }

  /** What changes while nothing is called, and so is noticed afterwards. */
  #last({ address }: InstancePlan): Step[] {
    const changes = address === 'cluster' && this.#draw.with('reshaping', 0.4);
    return changes ? [{ do: 'settle' }, ...drawReshaping(this.#draw)] : [];
  }

  #steps(instance: InstancePlan): Step[] {
    const random = this.#draw.random;
    const kind = random.weighted({
      scopes: 12,
      wait: 4,
      settle: 2,
      acquire: this.#draw.has('leases') ? 1 : 0,
      'give back': this.#draw.has('leases') ? 2 : 0,
      transaction: 1,
      standing: this.#draw.has('standing') ? 6 : 0,
      fault: 6,
      close: this.#draw.with('closing', 0.5) ? 1 : 0,
      'hang up': this.#draw.has('aborts') ? 0.5 : 0,
    });
    switch (kind) {
      case 'scopes':
        return [this.#scopes(instance)];
      case 'acquire':
      case 'transaction':
        return [{ do: kind, scope: this.#scope(instance) }];
      case 'standing':
        return Array.from({ length: random.int(1, 8) }, () => ({ do: kind, scope: this.#pieces() }));
      case 'give back':
        return [{ do: kind, by: random.pick(['release', 'release', 'destroy', 'both']) }];
      case 'wait':
        return [{ do: 'wait', ms: this.#draw.ms() }];
      case 'settle':
      case 'hang up':
        return [{ do: kind }];
      case 'close':
        return [{ do: 'close', deadlineMs: random.pick([1, 50, 5_000]) }];
      case 'fault':
        return drawFault(this.#draw, instance, () => this.#scopes(instance));
    }
  }

  #scopes(instance: InstancePlan): Step {
    return { do: 'scopes', scopes: Array.from({ length: this.#crowd() }, () => this.#scope(instance)) };
  }

  #scope(instance: InstancePlan): Scope {
    const random = this.#draw.random;
    const abort = this.#draw.with('aborts', 0.25) ? this.#abort() : undefined;
    const isolations: readonly Isolation[] =
      instance.maxConnections > 1 ? ['exclusive', 'shared', 'auto'] : ['exclusive', 'shared'];
    return {
      body: Array.from({ length: random.pick([0, 1, 1, 1, 1, 1, 2, 2, 4]) }, () =>
        this.#action(this.#actions),
      ),
      catches: random.chance(0.3),
      ...(random.chance(0.15) && !this.#draw.isCalm && { isolation: random.pick(isolations) }),
      ...(random.chance(0.2) && { deadlineMs: random.pick([5, 50, 500]) }),
      ...(random.chance(0.1) && { acquireTimeoutMs: random.pick([5, 50, 500]) }),
      ...(random.chance(0.2) && { attempts: random.int(1, 3) }),
      ...(random.chance(0.1) && { idempotent: true }),
      ...(abort && { abort }),
    };
  }

  /** What a standing client does. */
  #pieces(): Scope {
    const random = this.#draw.random;
    const body = Array.from({ length: random.int(1, 3) }, () => this.#action(this.#standing));
    return { body, catches: random.chance(0.3) };
  }

  #abort(): Abort {
    const random = this.#draw.random;
    const turns = () => random.pick([0, 1, 2, 3, 4, 5, 6, 8, 12]);
    switch (random.weighted({ before: 1, after: 3, turns: 3, settled: 4 })) {
      case 'before':
        return { when: 'before' };
      case 'after':
        return { when: 'after', ms: this.#draw.ms() };
      case 'turns':
        return { when: 'turns', turns: turns() };
      case 'settled':
        return { when: 'settled', back: random.int(1, 4), turns: turns() };
    }
  }

  #action(from: readonly ActionName[]): Action {
    return { do: this.#draw.random.pick(from), how: this.#draw.random.int(0, 99) };
  }

  #crowd(): number {
    return this.#draw.random.pick([1, 1, 2, 2, 3, 4, 6, 10, 24, 60]);
  }
}
