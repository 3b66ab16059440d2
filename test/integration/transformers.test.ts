import { Command, Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { sleep, useInstances, useServer } from '../support/harness.js';

interface Transformers {
  readonly _transformer: Record<'argument' | 'reply', Record<string, unknown>>;
}
const { _transformer: transformers } = Command as unknown as Transformers;

/** What we send of our own: handshake, probes, and what makes clean. */
const OURS = ['auth', 'select', 'client', 'ping', 'unwatch', 'discard', 'unsubscribe', 'punsubscribe'];

const redis = useServer({ password: 'sesame' });

describe.each(['ours', 'of a factory'] as const)('transformers of a user, clients %s', (whose) => {
  const create = useInstances();
  const url = () => `${redis.url}/3`;
  const connect = () => new Redis(url());
  const pool = { validateAfterIdleMs: 10 };
  const instance = () => create(whose === 'ours' ? { url: url(), pool } : { connect, pool });
  afterEach(() => {
    for (const name of OURS)
      for (const kind of ['argument', 'reply'] as const) delete transformers[kind][name];
  });

  it.each(['argument', 'reply'] as const)('%s: nothing of ours passes through them', async (kind) => {
    const withRedis = instance();
    if (whose === 'of a factory') await withRedis((r) => r.ping());
    for (const name of OURS) {
      transformers[kind][name] = (given: unknown) => (kind === 'reply' ? { given } : ['5', 'nonsense']);
    }
    const id = () => withRedis(async (r) => /\bid=(\d+)/.exec(String(await r.call('CLIENT', 'LIST')))?.[1]);
    const first = await id();
    await sleep(30);
    expect(await id()).toBe(first);
    await withRedis((r) => r.watch('key'));
    await withRedis((r) => r.call('SELECT', '4'));
    await withRedis((r) => r.call('MULTI'));
    expect(await id()).toBe(first);
    await withRedis((r) => r.subscribe('channel'));
    await withRedis((r) => r.psubscribe('channel*'));
    await withRedis((r) => r.set('where', '3'));
    expect(await redis.observer.command('SELECT', '3')).toBe('OK');
    expect(await redis.observer.command('GET', 'where')).toBe('3');
    expect(withRedis.stats().destroyed).toEqual({});
    expect(withRedis.stats().created).toBe(1);
  });

  it('those of the user still count for commands of the user', async () => {
    const withRedis = instance();
    await withRedis((r) => r.ping());
    transformers.reply.ping = (reply: unknown) => reply === 'PONG';
    await sleep(30);
    expect(await withRedis((r) => r.ping())).toBe(true);
    expect(withRedis.stats().created).toBe(1);
  });
});
