import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.js';
import { startMuteServer } from '../../support/mute-server.js';
import { observeRedis, type RedisObserver } from '../../support/redis-observer.js';
import { type RedisServer, startRedisServer } from '../../support/redis-server.js';

/** Short where nothing is expected to come, long where something is. */
const silenceMs = 40;
const patienceMs = 5_000;
let proxy: FaultProxy;
let redis: RedisServer;
let server: RedisObserver;
const sockets: Socket[] = [];

beforeAll(async () => {
  redis = await startRedisServer();
  server = await observeRedis(redis.url);
});

afterAll(async () => {
  await server.close();
  await redis.stop();
});

beforeEach(async () => {
  proxy = await startFaultProxy(redis);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.close();
});

async function dial(port = proxy.port): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** The answer to a command, or 'silence'. */
async function answer(socket: Socket, command: string, waitMs = patienceMs): Promise<string> {
  socket.write(`${command}\r\n`);
  const quiet = new AbortController();
  const timer = setTimeout(() => quiet.abort(), waitMs);
  try {
    const [chunk] = (await once(socket, 'data', { signal: quiet.signal })) as [Buffer];
    return chunk.toString();
  } catch {
    return 'silence';
  } finally {
    clearTimeout(timer);
  }
}

async function endOf(socket: Socket, waitMs = patienceMs): Promise<string> {
  socket.resume();
  return Promise.race([
    once(socket, 'end')
      .then(() => 'FIN')
      .catch((error: NodeJS.ErrnoException) => String(error.code)),
    new Promise<string>((resolve) => setTimeout(resolve, waitMs, 'silence')),
  ]);
}

test('pass forwards, counts and logs', async () => {
  const socket = await dial();
  expect(await answer(socket, 'PING')).toBe('+PONG\r\n');
  expect(proxy).toMatchObject({
    accepts: 1,
    open: 1,
    bytesFromClients: 6,
    received: ['PING\r\n'],
  });
  socket.end();
  expect(await endOf(socket)).toBe('FIN');
  await expect.poll(() => proxy.open).toBe(0);
});

test('the end of the server side reaches the client', async () => {
  const socket = await dial();
  await answer(socket, 'PING');
  socket.write('QUIT\r\n');
  expect(await endOf(socket)).toBe('FIN');
});

test('mute holds old and new connections and dials no server', async () => {
  const old = await dial();
  await answer(old, 'PING');
  proxy.mode = 'mute';
  const received = (await server.info('stats')).total_connections_received;
  const fresh = await dial();
  expect(await answer(old, 'PING', silenceMs)).toBe('silence');
  expect(await answer(fresh, 'PING', silenceMs)).toBe('silence');
  expect((await server.info('stats')).total_connections_received).toBe(received);
  proxy.mode = 'pass';
  expect(await answer(old, 'PING')).toBe('+PONG\r\n');
  expect(await answer(fresh, 'PING')).toBe('+PONG\r\n');
});

test('mute still answers a FIN', async () => {
  proxy.mode = 'mute';
  const socket = await dial();
  socket.end();
  expect(await endOf(socket)).toBe('FIN');
});

test('drop-replies lets the server act and loses the reply', async () => {
  const socket = await dial();
  proxy.mode = 'drop-replies';
  await server.command('DEL', 'acted');
  expect(await answer(socket, 'INCR acted', silenceMs)).toBe('silence');
  expect(await server.command('GET', 'acted')).toBe('1');
  await server.command('DEL', 'acted');
});

test('blackhole hides bytes and ends from both sides, until the mode changes', async () => {
  const socket = await dial();
  const id = (await answer(socket, 'CLIENT ID')).slice(1).trim();
  proxy.mode = 'blackhole';
  expect(await answer(socket, 'PING', silenceMs)).toBe('silence');
  socket.end();
  expect(await endOf(socket, silenceMs)).toBe('silence');
  expect(proxy.open).toBe(0);
  expect(await server.command('CLIENT', 'LIST', 'ID', id)).toContain(`id=${id} `);
  proxy.mode = 'pass';
  expect(await endOf(socket)).toBe('FIN');
  await expect.poll(() => server.command('CLIENT', 'LIST', 'ID', id)).not.toContain(`id=${id} `);
});

test('blackhole hides that the server has gone', async () => {
  const socket = await dial();
  const id = (await answer(socket, 'CLIENT ID')).slice(1).trim();
  proxy.mode = 'blackhole';
  await server.command('CLIENT', 'KILL', 'ID', id);
  expect(await endOf(socket, silenceMs)).toBe('silence');
  proxy.mode = 'pass';
  expect(await endOf(socket)).toBe('FIN');
});

test('refuse resets new connections and spares the old', async () => {
  const old = await dial();
  await answer(old, 'PING');
  proxy.mode = 'refuse';
  expect(await dial().then(endOf, (error) => error.code)).toBe('ECONNRESET');
  expect(await answer(old, 'PING')).toBe('+PONG\r\n');
  expect(proxy).toMatchObject({ accepts: 2, open: 1 });
});

test('without a listener a dial is refused', async () => {
  proxy.stopListening();
  await expect(dial()).rejects.toThrow('ECONNREFUSED');
  await proxy.listenAgain();
  expect(await answer(await dial(), 'PING')).toBe('+PONG\r\n');
});

test('delayed replies are late', async () => {
  const socket = await dial();
  proxy.mode = { delayMs: 30 };
  const from = performance.now();
  expect(await answer(socket, 'PING')).toBe('+PONG\r\n');
  expect(performance.now() - from).toBeGreaterThanOrEqual(29);
});

test('delayed replies stay in order when the delay ends', async () => {
  const socket = await dial();
  proxy.mode = { delayMs: 50 };
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write('ECHO first\r\n');
  await new Promise((resolve) => setTimeout(resolve, 20));
  proxy.mode = 'pass';
  socket.write('ECHO second\r\n');
  await expect.poll(() => text).toBe('$5\r\nfirst\r\n$6\r\nsecond\r\n');
});

test('reset sends RST to every client and ends the server side', async () => {
  const both = [await dial(), await dial()];
  for (const socket of both) await answer(socket, 'PING');
  const ends = both.map((socket) => endOf(socket));
  proxy.reset();
  expect(await Promise.all(ends)).toEqual(['ECONNRESET', 'ECONNRESET']);
  expect(proxy.open).toBe(0);
  await expect.poll(async () => (await server.clients()).length).toBe(0);
});

test('a server that cannot be dialled looks like a reset', async () => {
  const nowhere = await startFaultProxy({ port: 1 });
  expect(await endOf(await dial(nowhere.port))).toBe('ECONNRESET');
  await nowhere.close();
});

test('a mute server accepts, never answers, and counts', async () => {
  const mute = await startMuteServer();
  const socket = await dial(mute.port);
  expect(await answer(socket, 'PING', silenceMs)).toBe('silence');
  expect(mute).toMatchObject({ accepts: 1, open: 1 });
  socket.destroy();
  await expect.poll(() => mute.open).toBe(0);
  await mute.close();
});
