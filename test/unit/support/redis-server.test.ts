import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, expect, inject, test } from 'vitest';
import { observeRedis } from '../../support/redis-observer.js';
import { type RedisServer, type RedisServerOptions, startRedisServer } from '../../support/redis-server.js';

const started: RedisServer[] = [];

async function start(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedisServer(options);
  started.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('the server of the run answers at the provided address', async () => {
  const observer = await observeRedis(inject('redisUrl'));
  expect(await observer.command('PING')).toBe('PONG');
  expect(inject('redisUrl')).toContain(String(inject('redisPort')));
  await observer.close();
});

test('a server keeps nothing on disk, takes further arguments, and leaves nothing behind', async () => {
  const server = await start({ args: ['--maxclients', '7'] });
  const observer = await observeRedis(server.url);
  expect(await observer.command('CONFIG', 'GET', 'save')).toEqual(['save', '']);
  expect((await observer.info('clients')).maxclients).toBe('7');
  await server.stop();
  await server.stop();
  await expect(observer.command('PING')).rejects.toThrow();
  expect(isAlive(server.pid)).toBe(false);
  expect(existsSync(server.directory)).toBe(false);
});

test('a password is part of the address', async () => {
  const server = await start({ password: 'p@ss/word' });
  const observer = await observeRedis(server.url);
  expect(await observer.command('PING')).toBe('PONG');
  await expect(observeRedis(`redis://${server.host}:${server.port}`)).rejects.toThrow('NOAUTH');
  await observer.close();
});

test('a stopped server can be started again at its address', async () => {
  const first = await start();
  await first.stop();
  const second = await start({ port: first.port });
  expect(second.url).toBe(first.url);
  expect(second.pid).not.toBe(first.pid);
});

test('a paused server answers after resume, and stop ends it also while paused', async () => {
  const server = await start();
  const observer = await observeRedis(server.url);
  server.pause();
  let answered = false;
  const reply = observer.command('PING').finally(() => {
    answered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(answered).toBe(false);
  server.resume();
  expect(await reply).toBe('PONG');
  server.pause();
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test('arguments the server refuses reject with what it said', async () => {
  await expect(startRedisServer({ args: ['--no-such-setting', '1'] })).rejects.toThrow('no-such-setting');
});

test('a missing binary is named', async () => {
  await expect(startRedisServer({ binary: 'no-such-redis' })).rejects.toThrow('no-such-redis is not in PATH');
});

test('a server outlives neither a process that forgot it nor one that was killed', async () => {
  const module = new URL('../../support/redis-server.ts', import.meta.url);
  const program = (ending: string) =>
    `import(${JSON.stringify(module)}).then((m) => m.startRedisServer()).then((s) => { console.log(s.pid); ${ending} })`;
  const endings = ['', "process.kill(process.pid, 'SIGKILL')"];
  const outputs = endings.map(async (ending) => {
    const child = promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', program(ending)]);
    return (await child.catch((killed: { stdout: string }) => killed)).stdout;
  });
  for (const pid of (await Promise.all(outputs)).map(Number)) {
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  }
});
