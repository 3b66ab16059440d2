import { expect, it } from 'vitest';
import { SentinelWatch } from '../../../src/adapters/sentinel-watch.js';
import type { Sentinels } from '../../../src/adapters/sentinels.js';
import { systemClock } from '../../../src/core/clock.js';
import { sleep } from '../../support/harness.js';

const SENTINEL = { host: '127.0.0.1', port: 26379 };

/** A sentinel that can be listened to until it is told to stop, and takes a moment to hang up. */
function listenedTo() {
  const counts = { talks: 0, open: 0 };
  const talk = async (_place: unknown, stopped: Promise<never>): Promise<never> => {
    counts.talks++;
    // A loop that does not end would leave no turn for the test itself.
    if (counts.talks > 100) return new Promise<never>(() => {});
    counts.open++;
    try {
      return await stopped;
    } finally {
      await sleep(5);
      counts.open--;
    }
  };
  return { counts, sentinels: { places: [SENTINEL], talk } as unknown as Sentinels };
}

it('listens once, ends when it is stopped, and can be started again while it still ends', async () => {
  const { counts, sentinels } = listenedTo();
  const watch = new SentinelWatch(sentinels, 'mymaster', systemClock, () => {});
  watch.start();
  watch.start();
  await sleep(1);
  expect(counts).toEqual({ talks: 1, open: 1 });
  const stopping = watch.stop();
  watch.start();
  await stopping;
  await sleep(20);
  expect(counts).toEqual({ talks: 2, open: 1 });
  await watch.stop();
  expect(counts).toEqual({ talks: 2, open: 0 });
});
