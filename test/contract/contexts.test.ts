import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { outcomeOf, SOURCES_AND_PROTOCOLS, sleep, useInstances, useServer } from '../support/harness.js';

const redis = useServer();
const request = new AsyncLocalStorage<number>();

describe.each(SOURCES_AND_PROTOCOLS)('async contexts, $source', ({ pool, redis: options }) => {
  const create = useInstances(() => ({ url: redis.url, pool, redis: options, maxConnections: 20 }));

  it('whoever listens to the signal of a scope hears of its deadline in the own context', async () => {
    const cache = create({ deadlineMs: 300 });
    const heard = Array.from({ length: 20 }, async (_, id) => {
      let store: number | undefined;
      const wait = () =>
        cache((_redis, { signal }) => {
          signal.addEventListener('abort', () => {
            store = request.getStore();
          });
          return new Promise(() => {});
        });
      await outcomeOf(request.run(id, wait));
      return store;
    });
    expect(await Promise.all(heard)).toEqual([...heard.keys()]);
  });

  it('a message arrives in the context of who listens, whoever had the connection dialled', async () => {
    const cache = create({ maxConnections: 1 });
    await request.run(1, () => cache((r) => r.ping()));
    let store: number | undefined;
    const hear = () =>
      cache(async (r) => {
        const message = new Promise<void>((resolve) => {
          r.once('message', () => {
            store = request.getStore();
            resolve();
          });
        });
        await r.subscribe('news');
        await redis.observer.command('PUBLISH', 'news', 'now');
        await Promise.race([message, sleep(2_000)]);
      });
    await request.run(2, hear);
    expect(store).toBe(2);
  });
});
