import { expect, it } from 'vitest';
import { useInstances, useServer } from '../support/harness.js';
import { startScriptedServer } from '../support/scripted-server.js';

const target = useServer();
const create = useInstances();

const NO_PASSWORD =
  '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n';

const ODD: [what: string, replies: Partial<Record<string, string>>][] = [
  ['has no password, though one is given', { AUTH: NO_PASSWORD }],
  ['answers the question for others with no list', { sentinels: '+OK\r\n' }],
  ['answers it with rows that are none', { sentinels: '*2\r\n*-1\r\n:5\r\n' }],
];
it.each(ODD)('a sentinel that %s is of use all the same', async (_, replies) => {
  const port = String(target.server.port);
  const answers: Partial<Record<string, string>> = {
    'get-master-addr-by-name': `*2\r\n$9\r\n127.0.0.1\r\n$${port.length}\r\n${port}\r\n`,
    sentinels: '*0\r\n',
    ...replies,
  };
  const sentinel = await startScriptedServer(
    ([name = '', what = '']) => answers[name] ?? answers[what] ?? '+OK\r\n',
  );
  const withRedis = create({
    redis: {
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      name: 'group',
      sentinelPassword: 'hush',
    },
  });
  expect(await withRedis((redis) => redis.ping())).toBe('PONG');
  await sentinel.close();
});
