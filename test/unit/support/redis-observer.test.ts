import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { observeRedis, type RedisObserver } from '../../support/redis-observer.js';
import { type RedisServer, startRedisServer } from '../../support/redis-server.js';
import { RespReader } from '../../support/resp-reader.js';

let server: RedisServer;
let observer: RedisObserver;

beforeAll(async () => {
  server = await startRedisServer();
  observer = await observeRedis(server.url);
});

afterAll(async () => {
  await observer.close();
  await server.stop();
});

test('overlapping commands get their own replies, in order', async () => {
  const replies = await Promise.all([
    observer.command('SET', 'number', 41),
    observer.command('INCR', 'number'),
    observer.command('GET', 'absent'),
    observer.command('MGET', 'number', 'absent'),
    observer.command('LRANGE', 'absent', 0, -1),
    observer.command('ECHO', 'snow ☃\r\n'),
  ]);
  expect(replies).toEqual(['OK', 42, null, ['42', null], [], 'snow ☃\r\n']);
});

test('an error reply rejects its own command only', async () => {
  const wrong = observer.command('NO-SUCH-COMMAND');
  const right = observer.command('PING');
  await expect(wrong).rejects.toThrow('ERR unknown command');
  expect(await right).toBe('PONG');
});

test('clients are listed by field, without the observer itself', async () => {
  expect(await observer.clients()).toEqual([]);
  const other = await observeRedis(`${server.url}/3`);
  await other.command('CLIENT', 'SETNAME', 'other');
  await other.command('MULTI');
  await other.command('PING');
  const [row, ...more] = await observer.clients();
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    name: 'other',
    db: 3,
    multi: 1,
    sub: 0,
    psub: 0,
    flags: 'x',
    cmd: 'ping',
    user: 'default',
  });
  expect(row?.fields.name).toBe('other');
  await other.close();
  expect(await observer.clients()).toEqual([]);
});

test('info gives a section by field', async () => {
  expect((await observer.info('clients')).connected_clients).toBe('1');
});

test('a reply larger than a packet is read whole', async () => {
  const large = 'x'.repeat(1_000_000);
  await observer.command('SET', 'large', large);
  expect(await observer.command('GET', 'large')).toBe(large);
});

test('replies are found wherever the chunks are cut', () => {
  const wire = Buffer.from('+OK\r\n$3\r\n☃\r\n*2\r\n:1\r\n*1\r\n$-1\r\n');
  const reader = new RespReader();
  const replies = [...wire].flatMap((byte) => reader.push(Buffer.of(byte)));
  expect(replies).toEqual(['OK', '☃', [1, [null]]]);
});

test('pending and later commands reject when the server ends the connection', async () => {
  const victim = await observeRedis(server.url);
  const id = Number(await victim.command('CLIENT', 'ID'));
  const pending = expect(victim.command('BLPOP', 'never', 0)).rejects.toThrow('ended');
  await observer.command('CLIENT', 'KILL', 'ID', id);
  await pending;
  await expect(victim.command('PING')).rejects.toThrow('ended');
  await victim.close();
});

test('a peer that does not speak RESP rejects', async () => {
  const peer = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => peer.once('listening', resolve));
  const { port } = peer.address() as { port: number };
  await expect(observeRedis(`redis://127.0.0.1:${port}`)).rejects.toThrow('not RESP2');
  peer.close();
});
