import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { eventually, useServer } from '../../support/harness.js';
import { observeRedis } from '../../support/redis-observer.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const picture = join(root, 'bench/results/demo.svg');

/** Few clients, so that it affords few calls: half of those that are left. */
const redis = useServer({ args: ['--maxclients', '60'] });
/** For temporary files, and to work in. */
let folder: string;
let work: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'with-redis-demo-'));
  work = join(folder, 'work');
  mkdirSync(work);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** As `npm run demo` does; in a folder and with a place for temporary files of its own. */
function start(args: readonly string[], url: string) {
  const { VITEST: _, FORCE_COLOR: __, ...env } = process.env;
  const program = ['--import', import.meta.resolve('tsx'), join(root, 'bench/demo/main.ts'), ...args];
  const child = spawn(process.execPath, program, {
    cwd: work,
    env: { ...env, REDIS_URL: url, TMPDIR: folder, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  const says = (text: RegExp) =>
    eventually(
      () => said.stdout + said.stderr,
      (all) => text.test(all),
      20_000,
    );
  return { child, ended, says };
}

const run = (args: readonly string[], url = redis.url) => start(args, url).ended;
const own = () => readdirSync(folder).filter((name) => name.startsWith('with-redis-server-'));

/** Every element is closed, in order. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, self] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!self) open.push(name as string);
  }
  expect(open).toEqual([]);
  // And there is nothing in angle brackets that is none.
  expect(svg.replaceAll(/<\/?[a-z]+(?:\s[\w:-]+="[^"<]*")*\s*\/?>/g, '')).not.toMatch(/[<>]/);
}

it('shows one connection beside one for each call, says what it shows, and leaves nothing', async () => {
  const { code, stdout, stderr } = await run([]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^The classic getter makes a client on every call and closes none/m);
  expect(stdout).toMatch(/^only 29 calls, to stay well below maxclients$/m);
  const counted = [
    ...stdout.matchAll(/^(scoped|classic) getter +call +(\d+)\/29 +connected_clients +(\d+)$/gm),
  ];
  expect(counted.map(([, getter, call, clients]) => `${getter} ${call}: ${clients}`)).toEqual([
    'scoped 1: 2',
    'scoped 29: 2',
    'classic 1: 2',
    'classic 29: 30',
  ]);
  expect(stdout).toMatch(/^29 calls: the scoped getter left 1 connection open$/m);
  expect(stdout).toMatch(/^29 calls: the classic getter left 29 connections open$/m);
  expect(stdout).toMatch(/^BTC +97,412\.65 +-2\.18 %$/m);
  expect(readdirSync(work)).toEqual([]);
  await eventually(redis.clients, ({ length }) => length === 0);
  expect(await redis.observer.command('DBSIZE')).toBe(0);
});

it('draws a picture where one is asked for, and only there', async () => {
  const before = readFileSync(picture, 'utf8');
  const { code, stdout } = await run(['--svg', 'pictures/mine.svg']);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^Chart: pictures\/mine\.svg$/m),
  });
  const svg = readFileSync(join(work, 'pictures/mine.svg'), 'utf8');
  expectWellFormed(svg);
  expect(svg).toContain('>with-redis holds 1 connection, the classic getter 29, after 29 calls</text>');
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*classic getter/s);
  expect(readFileSync(picture, 'utf8')).toBe(before);
  rmSync(join(work, 'pictures'), { recursive: true });
});

it.each([
  [[], 'redis://127.0.0.1:1', 'cannot use the Redis at REDIS_URL: connect ECONNREFUSED 127.0.0.1:1'],
  [['--sgv', 'x'], '', "Unknown option '--sgv'"],
  [['--svg', '.'], undefined, 'cannot write the chart: EISDIR'],
])('answers %j at %s with one line and exit code 1', async (args, url, message) => {
  const { code, stderr } = await run(args, url);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^demo: .*\n$/) });
  expect(stderr).toContain(message);
});

it('tells on Ctrl-C what it has measured', async () => {
  const proxy = await startFaultProxy(redis.server);
  proxy.mode = { delayMs: 30 };
  const demo = start(['--svg', 'half.svg'], proxy.url);
  await demo.says(/call +1\/29/);
  demo.child.kill('SIGINT');
  const { code, stdout, stderr } = await demo.ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: 'demo: interrupted\n' });
  expect(stdout).toMatch(/^\d+ calls?: the scoped getter left 1 connection open$/m);
  expect(readdirSync(work)).toEqual([]);
  await proxy.close();
});

it('is ended by Ctrl-C before its first call too, where the server hangs', async () => {
  const proxy = await startFaultProxy(redis.server);
  // What it asks first is on its way when the server falls silent.
  proxy.mode = { delayMs: 200 };
  const demo = start([], proxy.url);
  await demo.says(/watched by a connection of its own/);
  const frozen = proxy.freeze();
  demo.child.kill('SIGINT');
  expect(await demo.ended).toMatchObject({ code: 130, stderr: 'demo: interrupted\n' });
  frozen.end();
  await proxy.close();
});

it('ends its own server on Ctrl-C, also one that hangs', async () => {
  const demo = start([], '');
  const text = await demo.says(/started for the demo on port \d+/);
  // On a busy machine it would be over before its server hangs.
  demo.child.kill('SIGSTOP');
  const url = `redis://127.0.0.1:${/on port (\d+)/.exec(text)![1]}`;
  const observer = await observeRedis(url);
  await observer.command('CLIENT', 'PAUSE', 60_000, 'ALL');
  expect(own()).toHaveLength(1);
  demo.child.kill('SIGINT');
  demo.child.kill('SIGCONT');
  const { code, stderr } = await demo.ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: 'demo: interrupted\n' });
  expect(own()).toEqual([]);
  await expect(observeRedis(url)).rejects.toThrow(/ECONNREFUSED/);
  await observer.close();
});
