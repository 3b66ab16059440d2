import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { eventually, useInstances, useServer } from '../support/harness.js';
import { startScriptedServer } from '../support/scripted-server.js';

const target = useServer();
const create = useInstances();

const host = '127.0.0.1';
const bulk = (...texts: readonly string[]) =>
  `*${texts.length}\r\n${texts.map((text) => `$${text.length}\r\n${text}\r\n`).join('')}`;

const SUBSCRIBED = ['+switch-master', '+sdown']
  .map((channel, index) => `*3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:${index + 1}\r\n`)
  .join('');

/** One that names the server of this file, and keeps the sockets that listen to it. */
async function startSentinel(replies: Partial<Record<string, string>> = {}) {
  const listeners: Socket[] = [];
  const answers: Partial<Record<string, string>> = {
    'get-master-addr-by-name': bulk(host, String(target.server.port)),
    sentinels: '*0\r\n',
    SUBSCRIBE: SUBSCRIBED,
    ...replies,
  };
  const server = await startScriptedServer(([name = '', what = ''], socket) => {
    if (name === 'SUBSCRIBE') listeners.push(socket);
    return answers[name] ?? answers[what] ?? '+OK\r\n';
  });
  return { listeners, sentinels: [{ host, port: server.port }], close: server.close };
}

const NO_PASSWORD =
  '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n';

const ODD: [what: string, replies: Partial<Record<string, string>>][] = [
  ['has no password, though one is given', { AUTH: NO_PASSWORD }],
  ['answers the question for others with no list', { sentinels: '+OK\r\n' }],
  ['answers it with rows that are none', { sentinels: '*2\r\n*-1\r\n:5\r\n' }],
];
it.each(ODD)('a sentinel that %s is of use all the same', async (_, replies) => {
  const { sentinels, close } = await startSentinel(replies);
  const withRedis = create({ redis: { sentinels, name: 'group', sentinelPassword: 'hush' } });
  expect(await withRedis((redis) => redis.ping())).toBe('PONG');
  await withRedis.close();
  await close();
});

const SAID: [what: string, words: string, natMap: boolean][] = [
  ['a switch at which natMap throws', bulk('message', '+switch-master', `group 1 1 ${host} 1`), true],
  ['nothing at all', '$-1\r\n', false],
  ['a message without its channel', bulk('message'), false],
  ['an error', '-ERR what\r\n', false],
  ['what is not of Redis', 'HTTP/1.1 400 Bad Request\r\n', false],
];
// What nobody catches fails the run.
it.each(SAID)('a sentinel that says %s, unasked, is listened to anew', async (_, words, throws) => {
  const { sentinels, listeners, close } = await startSentinel();
  let isBad = false;
  const natMap = () => {
    if (isBad) throw new Error('no such address');
    return null;
  };
  const withRedis = create({ pool: true, redis: { sentinels, name: 'group', natMap } });
  expect(await withRedis((redis) => redis.ping())).toBe('PONG');
  await eventually(
    () => listeners.length,
    (length) => length === 1,
  );
  isBad = throws;
  listeners[0]!.write(words);
  await eventually(
    () => listeners.length,
    (length) => length > 1,
    3_000,
  );
  isBad = false;
  expect(await withRedis((redis) => redis.ping())).toBe('PONG');
  await withRedis.close();
  await close();
});
