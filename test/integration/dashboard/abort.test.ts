import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import { getRealtimeDashboardData, readDashboard } from '../../../src/dashboard/index.js';
import type { WithRedis } from '../../../src/index.js';
import { eventually, outcomeOf, SOURCES, useInstances, useServer } from '../../support/harness.js';
import { createRecorder, type Recorder } from './recorder.js';

const redis = useServer();
const reason = { why: 'the request was cancelled' };

describe.each(SOURCES)('an abort rejects with its reason, $source', ({ source, pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool }));
  let recorder: Recorder;
  let withRedis: WithRedis;
  let controller: AbortController;

  beforeEach(async () => {
    await redis.observer.command('FLUSHALL');
    recorder = createRecorder();
    withRedis = create({ observer: recorder.observer });
    controller = new AbortController();
  });

  const options = () => ({
    withRedis,
    logger: recorder.logger,
    signal: controller.signal,
    delayMs: 20_000,
  });

  /** Nothing held, nothing waiting, no listener on the signal. */
  function expectNothingLeft(): void {
    expect(withRedis.stats()).toMatchObject({ borrowed: 0, pending: 0 });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  }

  test('before the call: nothing is dialled, nothing is logged', async () => {
    controller.abort(reason);
    expect((await outcomeOf(readDashboard(options()))).error).toBe(reason);
    expectNothingLeft();
    expect(withRedis.stats().created).toBe(0);
    expect([recorder.lines, recorder.releases]).toEqual([[], []]);
  });

  test('between two attempts: at once, the connection long released', async () => {
    const reading = outcomeOf(getRealtimeDashboardData(options()));
    await eventually(
      () => recorder.lines.length,
      (lines) => lines === 1,
    );
    const abortedAt = performance.now();
    controller.abort(reason);
    expect((await reading).error).toBe(reason);
    expect(performance.now() - abortedAt).toBeLessThan(1_500);
    expectNothingLeft();
    expect(await redis.clients()).toHaveLength(pool ? 1 : 0);
    expect(recorder.releases).toMatchObject([{ disposition: source === 'pooled' ? 'reused' : 'destroyed' }]);
    expect(recorder.lines).toMatchObject([['info', expect.stringContaining('attempt 1 of 3')]]);
  });

  test('while Redis does not answer: the connection is destroyed', async () => {
    await withRedis((client) => client.ping());
    redis.server.pause();
    try {
      const reading = outcomeOf(getRealtimeDashboardData(options()));
      await eventually(
        () => withRedis.stats(),
        ({ borrowed, connecting }) => borrowed + connecting === 1,
      );
      controller.abort(reason);
      expect((await reading).error).toBe(reason);
      expectNothingLeft();
      const [, ofTheReading] = recorder.releases;
      if (pool)
        expect(ofTheReading).toEqual({ label: 'dashboard', disposition: 'destroyed', reason: 'aborted' });
      else expect(ofTheReading).toBeUndefined();
      expect(recorder.lines).toEqual([]);
    } finally {
      redis.server.resume();
    }
    await eventually(redis.clients, (clients) => clients.length === 0);
  });

  test.each([undefined, null, 0, ''])('also where the reason is %j', async (falsy) => {
    controller.abort(falsy);
    const { signal } = controller;
    expect(await outcomeOf(getRealtimeDashboardData(options()))).toEqual({ error: signal.reason });
  });
});
