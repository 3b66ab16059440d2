import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildProgram, compileProgram } from '../../support/child-program.js';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { useServer } from '../../support/harness.js';

const KINDS = [
  { kind: 'fresh', options: {} },
  { kind: 'pooled', options: { pool: true } },
  { kind: 'pooled and shared', options: { pool: true, isolation: 'shared' } },
  { kind: 'pooled and auto', options: { pool: true, isolation: 'auto' } },
] as const;

/** Cases of program.ts, each of which leaves the process with nothing to do. */
const CASES = [
  'one scope',
  'many scopes',
  'a lease',
  'a scope that threw',
  'a scope that left something to undo',
  'a scope that was aborted behind a blocking command',
  'a scope past its deadline',
  'a deadline of an hour that was not needed',
  'a retry that was aborted in its backoff',
  'a waiter that was aborted',
  'the default instance',
  'the default instance, closed',
  'a close',
  'a close by force',
  'a close of what was never used',
  'a server that is down',
];

describe('a process ends by itself', () => {
  const redis = useServer();
  let program: ChildProgram;
  beforeAll(async () => {
    program = await compileProgram(fileURLToPath(new URL('program.ts', import.meta.url)));
  });
  afterAll(() => program.remove());

  const run = async (name: string, options: object, url = redis.url) => {
    const { said, ...rest } = await program.run([name, url, JSON.stringify(options)], {
      env: { REDIS_URL: url },
    });
    expect(rest).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    const { exitedAfterMs } = said.find((each) => 'exitedAfterMs' in each) ?? {};
    // What would hold a process holds it for seconds: deadlines, idle times, a socket. A slow machine is no failure.
    expect(exitedAfterMs).toBeLessThan(2_000);
    return said;
  };

  describe.each(KINDS)('$kind', ({ options }) => {
    it.concurrent.each(CASES)('after %s', async (name) => {
      await run(name, options);
    });
  });

  it.each([
    { pool: { minIdle: 2 } },
    { pool: { idleTimeoutMs: 60_000, maxLifetimeMs: 60_000 } },
    { isolation: 'shared' },
    { isolation: 'auto' },
  ])('after many scopes with %j', async (options) => {
    await run('many scopes', options);
  });

  it('after a probe that nobody waits for any more', async () => {
    const proxy = await startFaultProxy(redis.server);
    try {
      proxy.mode = { delayMs: 50 };
      await run('a probe that nobody waits for any more', {}, proxy.url);
    } finally {
      await proxy.close();
    }
  });

  it('and has left nothing on the server', async () => {
    expect(await redis.clients()).toEqual([]);
  });
});
