import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { outcomeOf, useInstances } from '../support/harness.js';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.js';

const create = useInstances();
/** Hangs up instead of answering GET, and never answers INCR. */
let server: ScriptedServer;
beforeEach(async () => {
  server = await startScriptedServer(([name], socket) => {
    if (name === 'GET') socket.destroy();
    else if (name === 'INCR') return undefined;
    else return name === 'PING' ? '+PONG\r\n' : '+OK\r\n';
    return undefined;
  });
});
afterEach(() => server.close());

const FORMS: readonly [name: string, fn: (r: Redis) => unknown][] = [
  ['returned as it is', (r) => r.get('k')],
  ['of an async function', async (r) => r.get('k')],
  ['awaited', async (r) => (await r.get('k'))?.length],
  ['among others', (r) => Promise.all([r.get('k'), r.get('k')])],
];

it.each(
  FORMS.flatMap(([name, fn]) =>
    (['exclusive', 'shared', 'auto'] as const).map((isolation) => ({ name, fn, isolation })),
  ),
)('a command that was lost is in doubt, $name, $isolation', async ({ fn, isolation }) => {
  const withRedis = create({ url: server.url, pool: true, isolation });
  const { error } = await outcomeOf(withRedis(fn as () => unknown));
  const { commands } = error as { commands: readonly object[] };
  expect(commands).toContainEqual({ name: 'get', status: 'in-doubt' });
});

it.each(['shared', 'auto'] as const)(
  'each of those who share a connection that is lost learns of its own commands, %s',
  async (isolation) => {
    const withRedis = create({ url: server.url, isolation });
    const lost = await Promise.all([
      outcomeOf(withRedis((r) => r.incr('n'))),
      outcomeOf(withRedis((r) => r.get('k'))),
    ]);
    expect(lost.map(({ error }) => (error as { commands?: unknown }).commands)).toEqual([
      [{ name: 'incr', status: 'in-doubt' }],
      [{ name: 'get', status: 'in-doubt' }],
    ]);
    for (const { error } of lost) expect(error).toMatchObject({ message: 'Connection is closed.' });
  },
);

it('what is sent on a connection that is lost costs no more each time', async () => {
  const withRedis = create({ url: server.url });
  await withRedis(async (r) => {
    await outcomeOf(r.get('k'));
    const startedAt = performance.now();
    const all = Array.from({ length: 40_000 }, () => outcomeOf(r.get('k')));
    // A list that was copied for each of them took 12 s; this takes a fraction of one.
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    await Promise.all(all);
  });
}, 30_000);
