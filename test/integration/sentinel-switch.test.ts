import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createWithRedis } from '../../src/index.js';
import { eventually } from '../support/harness.js';
import { startScriptedServer } from '../support/scripted-server.js';

const host = '127.0.0.1';
const list = (...items: string[]) =>
  `*${items.length}\r\n${items.map((item) => `$${item.length}\r\n${item}\r\n`).join('')}`;

/** Takes every command and says that it is a master, though slowly where `answer` is set. */
async function startMaster() {
  const hold: { answer?: (() => void) | undefined } = {};
  const server = await startScriptedServer(([name], socket) => {
    if (name === 'ROLE') return list('master', '0', 'none');
    if (name !== 'PING') return '+OK\r\n';
    const { answer } = hold;
    if (!answer) return '+PONG\r\n';
    hold.answer = undefined;
    answer();
    setTimeout(() => socket.writable && socket.write('+PONG\r\n'), 60);
    return undefined;
  });
  return { ...server, hold };
}

/** Says whom it is told to say, and tells those who listen of another one. */
async function startSentinel(first: { port: number }) {
  const listeners = new Set<Socket>();
  let port = first.port;
  const server = await startScriptedServer(([name, sub], socket) => {
    if (name === 'PING') return '+PONG\r\n';
    if (name === 'SUBSCRIBE') {
      listeners.add(socket);
      return `*3\r\n$9\r\nsubscribe\r\n$${String(sub).length}\r\n${sub}\r\n:1\r\n`;
    }
    return sub === 'get-master-addr-by-name' ? list(host, String(port)) : '*0\r\n';
  });
  return {
    ...server,
    listeners,
    announce: (next: { port: number }) => {
      const message = `mymaster ${host} ${port} ${host} ${next.port}`;
      port = next.port;
      for (const listener of listeners) listener.write(list('message', '+switch-master', message));
    },
  };
}

it('lends no connection to a master that was replaced while it was dialled', async () => {
  const [before, after] = [await startMaster(), await startMaster()];
  const sentinel = await startSentinel(before);
  const sentinels = [sentinel, sentinel].map(({ port }) => ({ host, port }));
  const withRedis = createWithRedis({
    redis: { sentinels, name: 'mymaster' },
    pool: true,
    maxConnections: 2,
  });
  const first = await withRedis.acquire();
  await eventually(
    () => sentinel.listeners.size,
    (size) => size === 1,
  );
  before.hold.answer = () => sentinel.announce(after);
  const second = await withRedis.acquire();
  await second.redis.set('where', 'here');
  const writes = (server: { commands: readonly (readonly string[])[] }) =>
    server.commands.filter(([name]) => name === 'SET').length;
  expect({ before: writes(before), after: writes(after) }).toEqual({ before: 0, after: 1 });
  await Promise.all([first.release(), second.release()]);
  await withRedis.close();
  await Promise.all([before, after, sentinel].map((server) => server.close()));
});
