import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWithRedis, type WithRedis } from '../../src/index.js';
import { type ClientGates, GATES, type Gate, GatedClient, Sockets } from '../support/gated-client.js';
import { expectBalanced, SOURCES } from '../support/harness.js';

/** All of them, on each step a call goes through: 4^6 combinations. */
interface Combination extends ClientGates {
  readonly fn: Gate;
}

const DEADLINE_MS = 4_000;
const ACQUIRE_TIMEOUT_MS = 1_500;
const RELEASE_TIMEOUT_MS = 1_000;
const CLOSE_DEADLINE_MS = 500;
const SLOW_FN_MS = 500;

function combinations(open: Gate): Combination[] {
  const all: Combination[] = [];
  for (const validate of GATES)
    for (const fn of GATES)
      for (const undo of GATES)
        for (const release of GATES)
          for (const close of GATES) all.push({ open, validate, fn, undo, release, close });
  return all;
}

const fine: ClientGates = { open: 'ok', validate: 'ok', undo: 'ok', release: 'ok', close: 'ok' };

/** What escapes is told to the process, which belongs to no test; the combination that runs is the one to blame. */
let running = '';
const escaped: string[] = [];
const onEscape = (error: unknown) => escaped.push(`${running}: ${error}`);

const nextTurn = (turn = setImmediate) => new Promise<void>((resolve) => turn(resolve));

describe.each(SOURCES)('every way in which every step can go, $source', ({ pool }) => {
  beforeAll(async () => {
    // Loaded on first use, which takes turns of the event loop but none of the timers that pass here.
    await import('generic-pool');
    process.on('unhandledRejection', onEscape).on('uncaughtException', onEscape);
  });
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  afterAll(() => {
    process.off('unhandledRejection', onEscape).off('uncaughtException', onEscape);
  });

  it.each(GATES)('open %s × validate, fn, undo, release, close', { timeout: 60_000 }, async (open) => {
    for (const combination of combinations(open)) {
      running = Object.entries(combination)
        .map(([step, gate]) => `${step} ${gate}`)
        .join(', ');
      try {
        await check(combination, pool);
      } catch (error) {
        throw new Error(`${pool ? 'pooled' : 'fresh'}: ${running}: ${error}`, { cause: error });
      }
    }
    expect(escaped).toEqual([]);
  });
});

async function check(combination: Combination, pool: boolean): Promise<void> {
  const sockets = new Sockets();
  let gates = fine;
  const cache = createWithRedis({
    connect: () => new GatedClient(gates, sockets),
    pool: pool && { validateAfterIdleMs: 50 },
    maxConnections: 1,
    deadlineMs: DEADLINE_MS,
    acquireTimeoutMs: ACQUIRE_TIMEOUT_MS,
    releaseTimeoutMs: RELEASE_TIMEOUT_MS,
  });
  const invariants = () => {
    expectBalanced(cache.stats());
    expect(sockets.most).toBeLessThanOrEqual(1);
  };
  if (pool) await leaveIdle(cache, sockets, combination, invariants);
  gates = combination;
  const first = start(cache, combination);
  const second = start(cache, combination);
  for (const call of [first, second]) {
    await pass(call.settled, 2 * (DEADLINE_MS + RELEASE_TIMEOUT_MS), invariants);
    call.verify();
  }
  const closing = settledOf(cache.close({ deadlineMs: CLOSE_DEADLINE_MS }));
  await pass(closing, CLOSE_DEADLINE_MS + RELEASE_TIMEOUT_MS + 500, invariants);
  expect(cache.stats()).toMatchObject({ idle: 0, borrowed: 0, pending: 0, connecting: 0 });
  expect(sockets.open).toBe(0);
  // Limits of a call that ended are left to run out, without keeping the process alive.
  await pass({ done: false }, DEADLINE_MS, invariants).catch(() => {});
  expect(vi.getTimerCount()).toBe(0);
  expect(escaped).toEqual([]);
}

/** A connection in good order that idles for longer than it is trusted, and whose next steps go as they are scripted. */
async function leaveIdle(
  cache: WithRedis,
  sockets: Sockets,
  combination: Combination,
  invariants: () => void,
): Promise<void> {
  const used = settledOf(cache((redis) => GatedClient.send(redis, 'client', 'id')));
  await pass(used, 5_000, invariants);
  for (const client of sockets.all) Object.assign(client, { gates: combination });
  vi.advanceTimersByTime(200);
  await nextTurn();
}

interface Settled {
  done: boolean;
  outcome?: PromiseSettledResult<unknown>;
}

function settledOf(promise: Promise<unknown>): Settled {
  const settled: Settled = { done: false };
  promise.then(
    (value) => Object.assign(settled, { done: true, outcome: { status: 'fulfilled', value } }),
    (reason: unknown) => Object.assign(settled, { done: true, outcome: { status: 'rejected', reason } }),
  );
  return settled;
}

function start(cache: WithRedis, { fn: gate }: Combination) {
  const value = { of: 'fn' };
  const thrown = new Error('thrown by fn');
  const startedAt = performance.now();
  let ran = false;
  const call = cache(async (redis) => {
    ran = true;
    await GatedClient.send(redis, 'select', 3);
    void GatedClient.send(redis, 'get', 'forgotten');
    if (gate === 'err') throw thrown;
    if (gate === 'never') return new Promise(() => {});
    if (gate === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_FN_MS));
    return value;
  });
  let tookMs = 0;
  const settled = settledOf(call.finally(() => (tookMs = performance.now() - startedAt)));
  return {
    settled,
    verify() {
      const { outcome } = settled;
      expect(tookMs).toBeLessThanOrEqual(DEADLINE_MS + RELEASE_TIMEOUT_MS);
      if (outcome?.status === 'fulfilled') {
        expect(outcome.value).toBe(value);
        expect(['ok', 'slow']).toContain(gate);
      } else if (outcome?.reason === thrown) expect(gate).toBe('err');
      else if (ran)
        expect(outcome?.reason).toMatchObject({ code: 'ERR_WITH_REDIS_DEADLINE_EXCEEDED', phase: 'run' });
      else
        expect(outcome?.reason).toMatchObject({
          code: expect.stringMatching(/CONNECT|ACQUIRE_TIMEOUT|DEADLINE/),
        });
      if (ran && gate !== 'never')
        expect(outcome).toMatchObject({ status: gate === 'err' ? 'rejected' : 'fulfilled' });
    },
  };
}

/** Lets time pass, from one timer to the next, until it is settled. */
async function pass(settled: Settled, boundMs: number, invariants: () => void): Promise<void> {
  const until = performance.now() + boundMs;
  for (;;) {
    await nextTurn();
    await nextTurn();
    invariants();
    if (settled.done) return;
    // Loading a module takes turns, and no timer.
    for (let turn = 0; turn < 1_000 && vi.getTimerCount() === 0 && !settled.done; turn++) await nextTurn();
    if (settled.done) continue;
    if (vi.getTimerCount() === 0) throw new Error('not settled, and nothing left that could settle it');
    vi.advanceTimersToNextTimer();
    if (performance.now() > until) throw new Error(`not settled within ${boundMs} ms`);
  }
}
