import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeakReport } from '../../../src/testing/index.js';
import { type ChildProgram, compileProgram } from '../../support/child-program.js';
import { ioredisMajor } from '../../support/ioredis-major.js';
import { type RedisServer, startRedisServer } from '../../support/redis-server.js';
import { writeGuide } from './patterns/guide.js';
import { type Pattern, patterns } from './patterns/table.js';

const folder = fileURLToPath(new URL('patterns/', import.meta.url));
const fileOf = ({ file }: Pattern) => `${folder}${file}.mjs`;

/** As many at once as there are servers: nobody else is on one while a pattern is checked on it. */
const LANES = 4;
const OPTIONS = { calls: 40, concurrency: 5, settleMs: 400, deadlineMs: 60_000 };

let program: ChildProgram;
let started: RedisServer[] = [];
const free: { readonly normal: string; readonly small: string }[] = [];

beforeAll(async () => {
  program = await compileProgram(`${folder}check.ts`);
  const start = async () => {
    const normal = await startRedisServer();
    const small = await startRedisServer({ args: ['--maxclients', '30'] });
    started = [...started, normal, small];
    free.push({ normal: normal.url, small: small.url });
  };
  await Promise.all(Array.from({ length: LANES }, start));
});

afterAll(async () => {
  await Promise.all(started.map((server) => server.stop()));
  await program.remove();
});

const waiting: (() => void)[] = [];
async function inLane<T>(work: (lane: (typeof free)[number]) => Promise<T>): Promise<T> {
  while (free.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  const lane = free.pop()!;
  try {
    return await work(lane);
  } finally {
    free.push(lane);
    waiting.shift()?.();
  }
}

async function check(pattern: Pattern): Promise<LeakReport> {
  const { name, options, env, isSmall } = pattern;
  return inLane(async ({ normal, small }) => {
    const args = [fileOf(pattern), name, JSON.stringify({ ...OPTIONS, ...options })];
    const url = isSmall ? small : normal;
    const { ended } = program.start(args, { env: { ...env, REDIS_URL: url }, boundMs: 90_000 });
    const { said, stderr } = await ended;
    if (!said[0]) throw new Error(`no report: ${stderr}`);
    return said[0].report as LeakReport;
  });
}

/** Lines that open what stays open: those with the comment, in the function's file. */
function linesOf(pattern: Pattern): string[] {
  const file = fileOf(pattern);
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => (/\/\/ (opened|or) here$/.test(line) ? [`${file}:${index + 1}:`] : []));
}

const verdicts = new Map<Pattern, LeakReport['verdict']>();

// The patterns import ioredis themselves, the newer one.
describe.runIf(ioredisMajor === 6).concurrent('the kit', () => {
  it.each(patterns)('$verdict: $file, $does', { timeout: 120_000 }, async (pattern) => {
    const report = await check(pattern);
    const seen = JSON.stringify({ ...report, leaked: report.leaked.slice(0, 2) }, null, 1);
    expect(report.verdict, seen).toBe(pattern.verdict);
    verdicts.set(pattern, report.verdict);
    expect(report.ok).toBe(pattern.verdict === 'no leak');
    expect(Math.abs(report.perCall - pattern.rate), seen).toBeLessThanOrEqual(
      pattern.rate * (pattern.blur ?? 0.1),
    );
    if (pattern.says) expect(report.notes.join('\n')).toMatch(pattern.says);
    const isOpenHere = report.leaked.length > 0 && report.leaked.every(({ state }) => state === 'open');
    if (isOpenHere) expect(report.handles.after, seen).toBeGreaterThan(report.handles.before);
    if (pattern.verdict === 'leak' && !pattern.hasNoLine) {
      const lines = linesOf(pattern);
      for (const { stack } of report.leaked)
        expect(
          lines.some((line) => stack.includes(line)),
          seen,
        ).toBe(true);
    }
  });
});

it.runIf(ioredisMajor === 6)(
  'the guide has what this run has found; with -u it is written anew',
  async ({ skip }) => {
    skip(verdicts.size < patterns.length, 'only a part of the patterns has been checked');
    const inOrder = new Map(patterns.map((pattern) => [pattern, verdicts.get(pattern)!]));
    const guide = fileURLToPath(new URL('../../../src/testing/PATTERNS.md', import.meta.url));
    await expect(writeGuide(inOrder)).toMatchFileSnapshot(guide);
  },
);

it('the table has sixty patterns or more, each once', () => {
  expect(patterns.length).toBeGreaterThanOrEqual(60);
  const names = patterns.map(({ file, does }) => `${file}: ${does}`);
  expect(new Set(names).size).toBe(names.length);
  expect(patterns.filter(({ report }) => report).length).toBeGreaterThanOrEqual(10);
});

it('takes nothing that another process opens for its own', async () => {
  const pattern = patterns.find(({ name }) => name === 'disconnectsInFinally')!;
  const others = free.splice(1);
  const { hostname, port } = new URL(free[0]!.normal);
  const sockets: Socket[] = [];
  const noise = setInterval(() => sockets.push(connect(Number(port), hostname)), 5);
  const report = await check(pattern);
  clearInterval(noise);
  free.push(...others);
  for (const socket of sockets) socket.destroy();
  expect(sockets.length).toBeGreaterThan(20);
  expect(report).toMatchObject({ verdict: 'no leak', leaked: [] });
  // Elsewhere it can only be told by its pace, and is named.
  if (process.platform === 'linux') expect(report.notes.join()).not.toContain('other');
});
