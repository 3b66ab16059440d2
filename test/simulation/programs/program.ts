import type { Way } from './factory.js';

/** What a program is made of. It is plain data, so it can be printed, cut down and run again. */

/** What a function does with its connection, step by step. */
export const ACTIONS = [
  // Good manners.
  'set and get',
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
  // State that the next borrower must not see.
  'watch',
  'watch anew',
  'guard',
  'exec alone',
  'open multi',
  'select',
  'subscribe',
  'subscribe anew',
  'messages',
  'rename',
  'silence',
  'track',
  'reset',
  'listen',
  'block',
  'quit',
  // Carelessness.
  'forget',
  'forget multi',
  'never end',
  'nest',
  'nest and leave',
  'by name',
  'own words',
  // What ioredis does not expect.
  'unwritable',
  'multi apart',
  'multi in pipeline',
  'multi subscribing',
  'throw',
] as const;
export type ActionName = (typeof ACTIONS)[number];

export interface Action {
  readonly do: ActionName;
  /** Which variant, or how many, or how long. */
  readonly how: number;
}

/** When a caller gives up. */
export type Abort =
  | { readonly when: 'before' }
  | { readonly when: 'after'; readonly ms: number }
  /** Turns of the microtask queue after the call began. */
  | { readonly when: 'turns'; readonly turns: number }
  /** Turns after an earlier call was settled: 1 is the one before this. */
  | { readonly when: 'settled'; readonly back: number; readonly turns: number };

export type Isolation = 'exclusive' | 'shared' | 'auto';

export interface Scope {
  readonly body: readonly Action[];
  /** What a command rejects with is kept from the caller. */
  readonly catches: boolean;
  readonly isolation?: Isolation;
  readonly deadlineMs?: number;
  readonly acquireTimeoutMs?: number;
  readonly attempts?: number;
  readonly idempotent?: boolean;
  readonly abort?: Abort;
}

export const SERVER_EVENTS = [
  'drop by finish',
  'drop by reset',
  'drop silently',
  'restart',
  'down',
  'pause',
  'loading',
  'loading all',
  'replica',
  'misconf',
  'out of memory',
  'busy',
  'full',
  'forget scripts',
  'well',
  'speak',
  'move',
  // Where there are sentinels or a cluster: another master is named, and the old one goes on for a while.
  'depose',
  // The same, and the sentinel that is asked first hangs meanwhile.
  'depose unheard',
  'sentinel down',
  'sentinel mute',
  'sentinel cut off',
  // Of a cluster alone.
  'fail over',
  'die',
  'hang',
  'migrate',
  'fail over midway',
  'cluster down',
  'forget',
  'join',
  'replace',
  'replace all',
  'usurp',
  'desert',
] as const;
export type ServerEvent = (typeof SERVER_EVENTS)[number];

export type NetworkEvent =
  | { readonly name: 'slow'; readonly ms: number }
  | { readonly name: 'hold requests' | 'hold replies' | 'vanish' | 'refuse' | 'split' | 'narrow' | 'clear' };

export type Step =
  | { readonly do: 'scopes'; readonly scopes: readonly Scope[] }
  /** `standing`: what the scope does is done by the standing client, each command for itself. */
  | { readonly do: 'acquire' | 'transaction' | 'standing'; readonly scope: Scope }
  | { readonly do: 'give back'; readonly by: 'release' | 'destroy' | 'both' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'settle' }
  /** In a cluster it happens to one of its nodes, or to the way there, or to all where none is said. */
  | { readonly do: 'server'; readonly what: ServerEvent; readonly at?: number }
  | { readonly do: 'network'; readonly what: NetworkEvent; readonly at?: number }
  /** How clients are made from now on, where the instance is given them. */
  | { readonly do: 'factory'; readonly what: Way }
  /** The wall clock is set, by so many ms. */
  | { readonly do: 'clock'; readonly ms: number }
  /** Other timers than Node's, as test suites have them, come and go. */
  | { readonly do: 'timers'; readonly what: 'replaced' | 'back' }
  /** The thread is busy for so long. */
  | { readonly do: 'stall'; readonly ms: number }
  /** The machine sleeps: clocks go on, and nothing else. */
  | { readonly do: 'sleep'; readonly ms: number }
  /** All who have no signal of their own are told to stop. */
  | { readonly do: 'hang up' }
  | { readonly do: 'close'; readonly deadlineMs: number };

export interface PoolPlan {
  readonly minIdle: number;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  readonly validateAfterIdleMs: number;
  readonly order: 'lifo' | 'fifo';
}

export interface InstancePlan {
  readonly pool: boolean | PoolPlan;
  readonly isolation: Isolation;
  readonly maxConnections: number;
  readonly maxConnecting: number;
  readonly maxPending: number;
  readonly acquireTimeoutMs: number;
  readonly deadlineMs: number;
  readonly releaseTimeoutMs: number;
  readonly attempts: number;
  readonly nested: 'allow' | 'detect' | 'reuse' | 'forbid';
  readonly protocol: 2 | 3;
  /** How the instance is told where its server is. */
  readonly address: 'url' | 'redis' | 'both' | 'factory' | 'sentinels' | 'cluster';
  readonly password: boolean;
  /** Of a cluster: what its nodes call each other by, if not by where they can be dialled. */
  readonly nodes?: 'names' | 'inside';
  /** Of a cluster: the map is asked for now and then although there is no reason to. */
  readonly refreshes?: boolean;
  /** Of a cluster: how long a node may take to tell the map. */
  readonly refreshTimeoutMs?: number;
  /** What hooks do. */
  readonly observer: 'none' | 'counts' | 'throws' | 'acts';
  readonly latencyMs: number;
  /** ioredis gives commands up after so long; their replies are still to come. */
  readonly commandTimeoutMs?: number;
  /** Something is put before every key. */
  readonly prefixes?: boolean;
  /** Leases that are held for longer are told of. */
  readonly leakThresholdMs?: number;
  /** Somebody follows on channels what the package does. */
  readonly traced?: boolean;
}

export interface Program {
  readonly seed: number;
  readonly instance: InstancePlan;
  readonly steps: readonly Step[];
}

/** How many calls it makes, at least. */
export function scopesOf({ steps }: Program): number {
  let scopes = 0;
  for (const step of steps) {
    if (step.do === 'scopes') scopes += step.scopes.length;
    else if ('scope' in step) scopes += 1;
  }
  return scopes;
}
