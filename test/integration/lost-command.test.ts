import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { outcomeOf, useInstances } from '../support/harness.js';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.js';

const create = useInstances();
/** Hangs up instead of answering GET. */
let server: ScriptedServer;
beforeEach(async () => {
  server = await startScriptedServer(([name], socket) => {
    if (name === 'GET') socket.destroy();
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
