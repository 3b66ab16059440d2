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

/** Says whom it is told to say, and tells those who listen of another one; alone where it reaches no others. */
async function startSentinel(first: { port: number }) {
  const listeners = new Set<Socket>();
  const state = { alone: false };
  let port = first.port;
  const server = await startScriptedServer(([name, ...channels], socket) => {
    const [sub] = channels;
    if (name === 'PING') return '+PONG\r\n';
    if (name === 'SUBSCRIBE') {
      listeners.add(socket);
      socket.once('close', () => listeners.delete(socket));
      return channels
        .map((channel, at) => `*3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:${at + 1}\r\n`)
        .join('');
    }
    if (sub === 'ckquorum') return state.alone ? '-NOQUORUM 1 usable Sentinels. Not enough\r\n' : '+OK\r\n';
    return sub === 'get-master-addr-by-name' ? list(host, String(port)) : '*0\r\n';
  });
  return {
    ...server,
    listeners,
    state,
    /** It does not reach one of the others any more. */
    loses: (other: { port: number }) => {
      const message = `sentinel 0123 ${host} ${other.port} @ mymaster ${host} ${port}`;
      for (const listener of listeners) listener.write(list('message', '+sdown', message));
    },
    announce: (next: { port: number }) => {
      const message = `mymaster ${host} ${port} ${host} ${next.port}`;
      port = next.port;
      for (const listener of listeners) listener.write(list('message', '+switch-master', message));
    },
  };
}

const writes = (server: { commands: readonly (readonly string[])[] }) =>
  server.commands.filter(([name]) => name === 'SET').length;

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
  expect({ before: writes(before), after: writes(after) }).toEqual({ before: 0, after: 1 });
  await Promise.all([first.release(), second.release()]);
  await withRedis.close();
  await Promise.all([before, after, sentinel].map((server) => server.close()));
});

it.each(['at once', 'later'] as const)(
  'leaves a master that was cut off together with the one sentinel that is watched, which says so %s',
  async (when) => {
    const [before, after] = [await startMaster(), await startMaster()];
    const [watched, other] = [await startSentinel(before), await startSentinel(before)];
    const withRedis = createWithRedis({
      redis: { sentinels: [watched, other].map(({ port }) => ({ host, port })), name: 'mymaster' },
      pool: true,
    });
    const set = () => withRedis((r) => r.set('where', 'here'));
    if (when === 'at once') watched.state.alone = true;
    await set();
    const first = when === 'at once' ? other : watched;
    await eventually(
      () => first.listeners.size,
      (size) => size === 1,
    );
    // The majority agrees on another one, and the sentinel that is cut off hears nothing of it.
    other.announce(after);
    watched.state.alone = true;
    if (when === 'later') watched.loses(other);
    await eventually(
      () => withRedis.stats().destroyed.lost,
      (lost) => lost === 1,
    );
    const sofar = writes(before);
    await set();
    expect({ before: writes(before) - sofar, after: writes(after) }).toEqual({ before: 0, after: 1 });
    await eventually(
      () => [watched, other].map(({ listeners }) => listeners.size),
      ([atWatched, atOther]) => atWatched === 0 && atOther === 1,
    );
    await withRedis.close();
    expect(other.listeners.size).toBe(0);
    await Promise.all([before, after, watched, other].map((server) => server.close()));
  },
);

it('believes a sentinel that reaches no others where nobody else can be asked', async () => {
  const master = await startMaster();
  const [lonely, dead] = [await startSentinel(master), await startSentinel(master)];
  lonely.state.alone = true;
  await dead.close();
  const withRedis = createWithRedis({
    redis: { sentinels: [lonely, dead].map(({ port }) => ({ host, port })), name: 'mymaster' },
    pool: true,
  });
  await withRedis((r) => r.set('where', 'here'));
  expect(writes(master)).toBe(1);
  await withRedis.close();
  await Promise.all([master.close(), lonely.close()]);
});

it('does not go over to one that reaches no others, and names a master that was replaced', async () => {
  const [before, after] = [await startMaster(), await startMaster()];
  const [first, lonely, third] = [
    await startSentinel(before),
    await startSentinel(before),
    await startSentinel(before),
  ];
  const withRedis = createWithRedis({
    redis: { sentinels: [first, lonely, third].map(({ port }) => ({ host, port })), name: 'mymaster' },
    pool: true,
  });
  const set = () => withRedis((r) => r.set('where', 'here'));
  const listened = (to: typeof first) =>
    eventually(
      () => to.listeners.size,
      (size) => size === 1,
    );
  await set();
  await listened(first);
  lonely.state.alone = true;
  for (const sentinel of [third, first]) sentinel.announce(after);
  await eventually(
    () => withRedis.stats().destroyed.lost,
    (lost) => lost === 1,
  );
  await set();
  await listened(first);
  await first.close();
  await listened(third);
  await set();
  expect({ before: writes(before), after: writes(after) }).toEqual({ before: 1, after: 2 });
  expect(withRedis.stats()).toMatchObject({ created: 2, idle: 1 });
  await withRedis.close();
  await Promise.all([before, after, lonely, third].map((server) => server.close()));
});

// redis/redis#11566: what was announced while the way to the sentinel was cut was never heard of.
it('hears of a switch that happened while nobody could be listened to', async () => {
  const [before, after] = [await startMaster(), await startMaster()];
  const sentinel = await startSentinel(before);
  const withRedis = createWithRedis({
    redis: { sentinels: [{ host, port: sentinel.port }], name: 'mymaster' },
    pool: true,
  });
  const set = () => withRedis((r) => r.set('where', 'here'));
  await set();
  await eventually(
    () => sentinel.listeners.size,
    (size) => size === 1,
  );
  const listeners = [...sentinel.listeners];
  sentinel.listeners.clear();
  sentinel.announce(after);
  for (const listener of listeners) listener.destroy();
  await eventually(
    () => withRedis.stats().destroyed.lost,
    (lost) => lost === 1,
  );
  await set();
  expect({ before: writes(before), after: writes(after) }).toEqual({ before: 1, after: 1 });
  await withRedis.close();
  await Promise.all([before, after, sentinel].map((server) => server.close()));
});
