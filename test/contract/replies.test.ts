import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SOURCES, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

/** Around what one read of a socket brings. */
const SIZES = [0, 1, 100, 65_530, 65_536, 65_537, 200_000, 1_000_003];

describe.each(SOURCES)('replies, $source', ({ pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool, maxConnections: SIZES.length }));

  it('of any size come back whole, on many connections at once, as text and as bytes', async () => {
    const withRedis = create();
    const values = SIZES.map((size) => randomBytes(size));
    const read = await Promise.all(
      values.map((value, index) =>
        withRedis(async (r) => {
          const key = `size:${index}`;
          await r.set(key, value);
          await r.set(`${key}:text`, value.toString('base64'));
          const kept = r.getBuffer(key);
          const text = await r.get(`${key}:text`);
          return [await r.getBuffer(key), Buffer.from(text ?? '', 'base64'), await kept];
        }),
      ),
    );
    for (const [index, replies] of read.entries()) {
      for (const reply of replies) expect(Buffer.compare(reply as Buffer, values[index]!)).toBe(0);
    }
  });
});
