import { describe, expect, it } from 'vitest';
import type { ScopedRedis } from '../../src/index.js';
import { outcomeOf, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

/** Codes that are a refusal where the server says them itself. */
const CODES = ['BUSY', 'TRYAGAIN', 'LOADING', 'CLUSTERDOWN', 'MASTERDOWN', 'READONLY', 'OOM', 'MISCONF'];

const script = (code: string) =>
  `redis.call('INCR', KEYS[1]) return redis.error_reply('${code} the account is locked, come back later')`;

describe.each(CODES)('a script that replies with %s after a write', (code) => {
  const retry = { attempts: 3, delayMs: 1 };
  const create = useInstances(() => ({ url: redis.url, pool: true, retry }));

  it('is not run again by retry, however it is sent', async () => {
    const cache = create();
    const lua = script(code);
    const ways: Record<string, (key: string) => PromiseLike<unknown>> = {
      scope: (key) => cache((r) => r.eval(lua, 1, key)),
      pipeline: (key) => cache((r) => r.pipeline().eval(lua, 1, key).exec()),
      multi: (key) => cache((r) => r.multi().eval(lua, 1, key).exec()),
      command: (key) => cache.redis.eval(lua, 1, key),
      piece: (key) => cache.redis.multi().eval(lua, 1, key).exec(),
      transaction: (key) => cache.transaction(['w'], (r) => r.eval(lua, 1, key), { retry }),
      queued: (key) => cache.transaction(['w'], (_, multi) => void multi.eval(lua, 1, key), { retry }),
    };
    const runs: Record<string, string | null> = {};
    for (const [way, run] of Object.entries(ways)) {
      const key = `${code}:${way}`;
      await outcomeOf(Promise.resolve(run(key)));
      runs[way] = await cache((r) => r.get(key));
    }
    expect(new Set(Object.values(runs)), JSON.stringify(runs)).toEqual(new Set(['1']));
  });

  it('costs no connection', async () => {
    const cache = create({ maxConnections: 1, retry: 1 });
    const fail = (r: ScopedRedis) => r.eval(script(code), 1, 'n');
    for (let call = 0; call < 3; call += 1) await outcomeOf(cache(fail));
    await cache((r) => r.ping());
    expect(cache.stats().created).toBe(1);
  });
});
