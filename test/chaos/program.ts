import fc from 'fast-check';
import type { WithRedisOptions } from '../../src/index.js';
import type { FaultMode } from '../support/fault-proxy.js';

/** What a function does with its connection, most of it bad manners. */
export const SCOPE_KINDS = [
  'plain',
  'count',
  'count, watching',
  'pipeline',
  'transaction',
  'throw',
  'forget',
  'watch',
  'open a transaction',
  'select',
  'subscribe',
  'rename',
  'silence replies',
  'block',
  'never end',
] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

export type Step =
  /** Starts that many scopes at once, and waits for none. */
  | {
      readonly do: 'scopes';
      readonly kinds: readonly ScopeKind[];
      readonly abortAfterMs?: number | undefined;
      readonly deadlineMs?: number | undefined;
      readonly attempts: number;
    }
  | { readonly do: 'acquire'; readonly kind: ScopeKind; readonly abortAfterMs?: number | undefined }
  | { readonly do: 'give back'; readonly by: 'release' | 'destroy' | 'both' }
  | { readonly do: 'network'; readonly mode: FaultMode }
  | { readonly do: 'reset' | 'kill' | 'restart' | 'settle' }
  | { readonly do: 'freeze' | 'pause' | 'wait'; readonly ms: number }
  | { readonly do: 'close'; readonly deadlineMs: number };

export interface Program {
  readonly options: Pick<
    WithRedisOptions,
    'pool' | 'isolation' | 'maxConnections' | 'maxConnecting' | 'maxPending'
  >;
  readonly steps: readonly Step[];
  /** Every which scope asks the server how it sees its connection; the others look at their replies only. Default 1. */
  readonly inspectEvery?: number;
}

const milliseconds = (max: number) => fc.integer({ min: 1, max });

const modes: readonly FaultMode[] = [
  'pass',
  'mute',
  'drop-replies',
  'blackhole',
  'refuse',
  { delayMs: 5 },
  { delayMs: 40 },
];

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('scopes' as const),
      kinds: fc.array(fc.constantFrom(...SCOPE_KINDS), { minLength: 1, maxLength: 8 }),
      abortAfterMs: fc.option(milliseconds(60), { nil: undefined }),
      deadlineMs: fc.option(milliseconds(120), { nil: undefined }),
      attempts: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      kind: fc.constantFrom(...SCOPE_KINDS),
      abortAfterMs: fc.option(milliseconds(30), { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('give back' as const),
      by: fc.constantFrom('release' as const, 'destroy' as const, 'both' as const),
    }),
  },
  { weight: 4, arbitrary: fc.constantFrom(...modes).map((mode) => ({ do: 'network' as const, mode })) },
  { weight: 2, arbitrary: fc.constant({ do: 'network' as const, mode: 'pass' as const }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('reset' as const, 'kill' as const).map((what) => ({ do: what })),
  },
  { weight: 3, arbitrary: milliseconds(50).map((ms) => ({ do: 'wait' as const, ms })) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('freeze' as const, 'pause' as const),
      ms: milliseconds(60),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('restart' as const, 'settle' as const).map((what) => ({ do: what })),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), deadlineMs: milliseconds(80) }) },
);

/** Writes that the server has executed and nobody was told of: the classic way to do a thing twice. */
const lostReplies: fc.Arbitrary<readonly Step[]> = fc
  .record({
    attempts: fc.integer({ min: 1, max: 3 }),
    ms: milliseconds(30),
    how: fc.constantFrom('reset' as const, 'kill' as const),
  })
  .map(({ attempts, ms, how }) => [
    { do: 'network', mode: 'drop-replies' },
    { do: 'wait', ms },
    { do: 'scopes', kinds: ['count', 'count, watching', 'forget'], attempts },
    { do: 'wait', ms },
    { do: how },
    { do: 'network', mode: 'pass' },
  ]);

/** The same, where the connection was made and used before its replies got lost. */
const repliesLostLater: fc.Arbitrary<readonly Step[]> = milliseconds(40).map((ms) => [
  { do: 'network', mode: { delayMs: 30 } },
  { do: 'scopes', kinds: ['count', 'count', 'count'], attempts: 3 },
  { do: 'wait', ms: 30 + ms },
  { do: 'network', mode: 'drop-replies' },
  { do: 'wait', ms: 30 },
  { do: 'network', mode: 'pass' },
]);

const pools = fc.oneof(
  fc.constant(false),
  fc.constant(true),
  fc.record({
    minIdle: fc.integer({ min: 0, max: 1 }),
    idleTimeoutMs: fc.constantFrom(20, 100, 30_000),
    maxLifetimeMs: fc.constantFrom(60, 30_000),
    validateAfterIdleMs: fc.constantFrom(1, 20, 1_000),
    order: fc.constantFrom('lifo' as const, 'fifo' as const),
  }),
);

const GOOD_KINDS: readonly ScopeKind[] = ['plain', 'count', 'pipeline', 'transaction', 'throw'];

/** Many scopes at once, most of them with good manners. */
const crowds: fc.Arbitrary<readonly Step[]> = fc
  .record({
    size: fc.integer({ min: 50, max: 400 }),
    spice: fc.array(fc.constantFrom(...SCOPE_KINDS), { maxLength: 6 }),
    attempts: fc.integer({ min: 1, max: 2 }),
    waits: fc.boolean(),
  })
  .map(({ size, spice, attempts, waits }) => {
    const good = Array.from({ length: size }, (_, at) => GOOD_KINDS[at % GOOD_KINDS.length] ?? 'plain');
    const crowd: Step = { do: 'scopes', kinds: [...spice, ...good], attempts };
    return waits ? [crowd, { do: 'settle' }] : [crowd];
  });

/** For hours instead of seconds: crowds, and now and then a fault among them. */
export const marathons: fc.Arbitrary<Program> = fc.record({
  options: fc.record({
    pool: pools,
    isolation: fc.constantFrom(
      'exclusive' as const,
      'exclusive' as const,
      'shared' as const,
      'auto' as const,
    ),
    maxConnections: fc.integer({ min: 2, max: 10 }),
    maxPending: fc.constant(1_000),
  }),
  inspectEvery: fc.constant(4),
  steps: fc
    .array(
      fc.oneof(
        { weight: 10, arbitrary: crowds },
        { weight: 2, arbitrary: steps.map((step) => [step, { do: 'wait' as const, ms: 10 }]) },
        { weight: 1, arbitrary: lostReplies },
        { weight: 1, arbitrary: repliesLostLater },
        { weight: 2, arbitrary: fc.constant([{ do: 'network' as const, mode: 'pass' as const }]) },
      ),
      { minLength: 20, maxLength: 40 },
    )
    .map((parts) => parts.flat()),
});

export const programs: fc.Arbitrary<Program> = fc.record({
  options: fc
    .record({
      pool: pools,
      isolation: fc.constantFrom(
        'exclusive' as const,
        'exclusive' as const,
        'shared' as const,
        'auto' as const,
      ),
      maxConnections: fc.integer({ min: 1, max: 4 }),
      maxPending: fc.constantFrom(2, 1_000),
    })
    .map((options) => ({
      ...options,
      // A scope that moves needs a second one.
      maxConnections: Math.max(options.maxConnections, options.isolation === 'auto' ? 2 : 1),
    })),
  steps: fc
    .array(
      fc.oneof(
        { weight: 12, arbitrary: steps.map((step) => [step]) },
        { weight: 1, arbitrary: lostReplies },
        { weight: 1, arbitrary: repliesLostLater },
      ),
      { minLength: 1, maxLength: 14 },
    )
    .map((parts) => parts.flat()),
});
