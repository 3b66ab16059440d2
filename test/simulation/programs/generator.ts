import { Random } from '../world/random.js';
import { FEATURES, type Feature } from './features.js';
import type {
  Abort,
  Action,
  ActionName,
  InstancePlan,
  Isolation,
  NetworkEvent,
  Program,
  Scope,
  ServerEvent,
  Step,
} from './program.js';

const GOOD: readonly ActionName[] = [
  'set and get',
  'set and get',
  'count',
  'count',
  'echo',
  'pipeline',
  'multi',
  'list',
  'hash',
  'stream',
  'script',
  'scan',
  'pause',
  'turn',
];

const MOODS: readonly ServerEvent[] = [
  'loading',
  'loading all',
  'misconf',
  'out of memory',
  'busy',
  'full',
  'replica',
];
const ENDINGS: readonly ServerEvent[] = [
  'drop by finish',
  'drop by reset',
  'drop silently',
  'restart',
  'down',
  'pause',
];

/** Draws programs: always the same one from the same seed. */
export class Generator {
  readonly #random: Random;
  readonly #has: Set<Feature>;
  readonly #actions: readonly ActionName[];

  constructor(seed: number, without: readonly Feature[]) {
    this.#random = new Random(seed);
    const all = (Object.keys(FEATURES) as Feature[]).filter(() => this.#random.chance(0.6));
    this.#has = new Set(all.filter((feature) => !without.includes(feature)));
    const bad = [...this.#has].flatMap((feature) => [...FEATURES[feature]]);
    this.#actions = [...GOOD, ...GOOD, ...bad];
  }

  program(seed: number): Program {
    const instance = this.#instance();
    const steps = Array.from({ length: this.#random.int(3, 30) }, () => this.#steps(instance)).flat();
    return { seed, instance, steps };
  }

  #instance(): InstancePlan {
    const random = this.#random;
    const isolation = random.pick<Isolation>(['exclusive', 'exclusive', 'shared', 'auto']);
    const acquireTimeoutMs = random.pick([30, 150, 800, 5_000]);
    const deadlineMs = random.pick([100, 600, 5_000]);
    const maxConnections = Math.max(isolation === 'auto' ? 2 : 1, random.pick([1, 2, 3, 4, 4, 8]));
    return {
      isolation,
      maxConnections,
      pool:
        random.weighted({ no: 2, yes: 4, detailed: 4 }) === 'no'
          ? false
          : random.chance(0.5) || this.#pool(maxConnections),
      maxConnecting: random.int(1, maxConnections),
      maxPending: random.pick([0, 3, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000]),
      acquireTimeoutMs,
      deadlineMs,
      releaseTimeoutMs: random.pick([50, 300, 1_000]),
      attempts: random.pick([1, 1, 1, 2, 4]),
      nested: this.#with('nesting') ? random.pick(['allow', 'detect', 'reuse', 'forbid']) : 'allow',
      protocol: random.pick([2, 2, 3]),
      address: this.#with('factories', 0.15)
        ? 'factory'
        : random.pick(this.#with('two addresses') ? ['both', 'url'] : ['url', 'redis']),
      password: random.chance(0.2),
      observer: this.#with('observers') ? random.pick(['counts', 'throws', 'acts']) : 'none',
      // A dial takes six of them, and has to be possible.
      latencyMs: random.pick(
        [0.05, 0.2, 0.2, 1, 20, ...(this.#has.has('far') ? [280] : [])].filter(
          (ms) => ms * 16 < Math.min(acquireTimeoutMs, deadlineMs),
        ),
      ),
    };
  }

  #pool(maxConnections: number) {
    const random = this.#random;
    return {
      minIdle: random.chance(0.2) ? random.int(1, Math.min(2, maxConnections)) : 0,
      idleTimeoutMs: random.pick([50, 1_000, 30_000]),
      maxLifetimeMs: random.pick([1_000, 1_800_000, 1_800_000]),
      validateAfterIdleMs: random.pick([1, 20, 1_000]),
      order: random.pick(['lifo', 'fifo'] as const),
    };
  }

  #steps(instance: InstancePlan): Step[] {
    const random = this.#random;
    const kind = random.weighted({
      scopes: 12,
      wait: 4,
      settle: 2,
      acquire: this.#has.has('leases') ? 1 : 0,
      'give back': this.#has.has('leases') ? 2 : 0,
      transaction: 1,
      fault: 6,
      close: this.#with('closing', 0.2) ? 1 : 0,
    });
    switch (kind) {
      case 'scopes':
        return [{ do: 'scopes', scopes: Array.from({ length: this.#crowd() }, () => this.#scope(instance)) }];
      case 'acquire':
      case 'transaction':
        return [{ do: kind, scope: this.#scope(instance) }];
      case 'give back':
        return [{ do: kind, by: random.pick(['release', 'release', 'destroy', 'both']) }];
      case 'wait':
        return [{ do: 'wait', ms: this.#ms() }];
      case 'settle':
        return [{ do: 'settle' }];
      case 'close':
        return [{ do: 'close', deadlineMs: random.pick([1, 50, 5_000]) }];
      case 'fault':
        return this.#fault();
    }
  }

  /** A fault, what happens meanwhile, and its end. */
  #fault(): Step[] {
    const random = this.#random;
    const faults: (() => Step[])[] = [];
    const meanwhile = (): Step => ({ do: 'wait', ms: this.#ms() });
    const server = (what: ServerEvent): Step => ({ do: 'server', what });
    const network = (what: NetworkEvent): Step => ({ do: 'network', what });
    if (this.#has.has('endings'))
      faults.push(() => [server(random.pick(ENDINGS)), meanwhile(), server('well')]);
    if (this.#has.has('moods')) faults.push(() => [server(random.pick(MOODS)), meanwhile(), server('well')]);
    if (this.#has.has('moves')) faults.push(() => [server('move')]);
    if (this.#has.has('speech')) faults.push(() => [server('speak')]);
    if (this.#has.has('clock'))
      faults.push(() => [{ do: 'clock', ms: random.pick([-60_000, -10_000, -500, 500, 10_000, 3_600_000]) }]);
    if (this.#has.has('stalls')) faults.push(() => this.#stall());
    if (this.#has.has('sleep')) faults.push(() => [{ do: 'sleep', ms: random.pick([1_000, 600_000]) }]);
    if (this.#has.has('network'))
      faults.push(() => [network(this.#networkEvent()), meanwhile(), network({ name: 'clear' })]);
    return faults.length > 0 ? random.pick(faults)() : [];
  }

  /** The thread is busy just when somebody begins after a while of quiet, or at any time. */
  #stall(): Step[] {
    const random = this.#random;
    const stall: Step = { do: 'stall', ms: random.pick([5, 300, 2_000]) };
    if (random.chance(0.5)) return [stall];
    const scope: Scope = { body: [{ do: 'echo', how: 0 }], catches: false };
    return [
      { do: 'wait', ms: 1_500 },
      { do: 'scopes', scopes: [scope] },
      { do: 'wait', ms: random.int(0, 2) / 10 },
      stall,
    ];
  }

  #networkEvent(): NetworkEvent {
    const name = this.#random.pick([
      'slow',
      'hold requests',
      'hold replies',
      'vanish',
      'refuse',
      'split',
      'narrow',
    ] as const);
    return name === 'slow' ? { name, ms: this.#random.pick([5, 40, 280, 900]) } : { name };
  }

  #scope(instance: InstancePlan): Scope {
    const random = this.#random;
    const abort = this.#with('aborts', 0.25) ? this.#abort() : undefined;
    const isolations: readonly Isolation[] =
      instance.maxConnections > 1 ? ['exclusive', 'shared', 'auto'] : ['exclusive', 'shared'];
    return {
      body: Array.from({ length: random.pick([0, 1, 1, 1, 1, 1, 2, 2, 4]) }, () => this.#action()),
      catches: random.chance(0.3),
      ...(random.chance(0.15) && { isolation: random.pick(isolations) }),
      ...(random.chance(0.2) && { deadlineMs: random.pick([5, 50, 500]) }),
      ...(random.chance(0.1) && { acquireTimeoutMs: random.pick([5, 50, 500]) }),
      ...(random.chance(0.2) && { attempts: random.int(1, 3) }),
      ...(random.chance(0.1) && { idempotent: true }),
      ...(abort && { abort }),
    };
  }

  #abort(): Abort {
    const random = this.#random;
    const turns = () => random.pick([0, 1, 2, 3, 4, 5, 6, 8, 12]);
    switch (random.weighted({ before: 1, after: 3, turns: 3, settled: 4 })) {
      case 'before':
        return { when: 'before' };
      case 'after':
        return { when: 'after', ms: this.#ms() };
      case 'turns':
        return { when: 'turns', turns: turns() };
      case 'settled':
        return { when: 'settled', back: random.int(1, 4), turns: turns() };
    }
  }

  #action(): Action {
    return { do: this.#random.pick(this.#actions), how: this.#random.int(0, 99) };
  }

  #with(feature: Feature, probability = 1): boolean {
    return this.#has.has(feature) && this.#random.chance(probability);
  }

  #crowd(): number {
    return this.#random.pick([1, 1, 2, 2, 3, 4, 6, 10, 24, 60]);
  }

  #ms(): number {
    return this.#random.pick([0, 0, 1, 2, 5, 15, 60, 300, 1_500]);
  }
}
