import { describe, expect, it } from 'vitest';
import { outcomeOf, SOURCES, useInstances, useServer } from '../support/harness.js';

/** ioredis writes a pipeline when its last command is: one that is turned away must not keep the others from the wire. */
describe.each(SOURCES)('commands turned away inside a pipeline, $source', ({ pool }) => {
  const redis = useServer();
  const instance = useInstances(() => ({ url: redis.url, pool, maxConnections: 1, deadlineMs: 2_000 }));

  it.each(['quit', 'QUIT', 'monitor', 'MONITOR'])(
    '%s, wherever it stands, refuses the whole pipeline',
    async (name) => {
      const cache = instance();
      for (const position of [0, 1, 2]) {
        const { error } = await outcomeOf(
          cache((client) => {
            const pipeline = client.pipeline();
            for (let at = 0; at < 3; at++) {
              if (at === position) pipeline.call(name);
              else pipeline.set('written', at);
            }
            return pipeline.exec();
          }),
        );
        expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_STATEFUL_COMMAND' });
      }
      const { error } = await outcomeOf(
        cache((client) => client.multi().set('written', 1).call(name).exec()),
      );
      expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_STATEFUL_COMMAND' });
      expect(await redis.observer.command('EXISTS', 'written')).toBe(0);
      expect(await cache((client) => client.echo('mine'))).toBe('mine');
    },
  );

  it('ioredis itself turns commands away in subscriber mode', async () => {
    const cache = instance({ redis: { protocol: 2 } as object });
    const replies = await cache(async (client) => {
      await client.subscribe('news');
      return client.pipeline().get('a').unsubscribe('news').get('a').exec();
    });
    expect(replies).toEqual([[expect.any(Error)], [null, 0], [expect.any(Error)]]);
    expect(await cache((client) => client.echo('mine'))).toBe('mine');
  });
});
