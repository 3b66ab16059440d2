import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type ChildProgram, compileProgram } from '../../support/child-program.js';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { eventually, useServer } from '../../support/harness.js';
import { compileRecipe, recipeOf, said } from '../../support/recipe.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const redis = useServer();

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function recipe(heading: string, more: string): Promise<ChildProgram> {
  const program = await compileRecipe(recipeOf(heading), more);
  ends.push(program.remove);
  return program;
}

describe('the recipes of the guides', () => {
  const shutDown = `
    const running = cache('report', async (redis) => {
      await redis.ping();
      say({ started: true });
      if (process.argv[2] === 'stuck') await redis.blpop('nothing', 0);
      else await new Promise((resolve) => setTimeout(resolve, 300));
      return redis.ping();
    });
    process.once('SIGTERM', () => {
      cache((redis) => redis.ping()).catch(({ code }) => say({ late: code }));
    });
    running.then((value) => say({ value }), ({ code }) => say({ failed: code }));
  `;

  it('SIGTERM lets a scope end, refuses the next, and exits with 0', async () => {
    const program = await recipe('Shutting down', shutDown);
    const child = program.start(['quick'], { env: { REDIS_URL: redis.url } });
    await child.said('started');
    child.process.kill('SIGTERM');
    expect(await child.ended).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
      said: [{ started: true }, { late: 'ERR_WITH_REDIS_CLOSED' }, { value: 'PONG' }],
    });
  });

  it('SIGTERM ends by force what is stuck at the deadline, says what it was, and exits with 1', async () => {
    const program = await recipe('Shutting down', shutDown);
    const child = program.start(['stuck'], { env: { REDIS_URL: redis.url, DRAIN_MS: '100' } });
    await child.said('started');
    await eventually(redis.clients, (clients) => clients.some(({ cmd }) => cmd === 'blpop'));
    child.process.kill('SIGTERM');
    const { code, stderr, said } = await child.ended;
    expect({ code, said }).toEqual({
      code: 1,
      said: [{ started: true }, { late: 'ERR_WITH_REDIS_CLOSED' }, { failed: 'ERR_WITH_REDIS_CLOSED' }],
    });
    expect(stderr).toMatch(/^report was ended after \d+ ms, in blpop\n$/);
    expect(await redis.clients()).toEqual([]);
  });

  it('a container that thaws finds its connection dead, and opens another one before the handler runs', async () => {
    const proxy = await startFaultProxy(redis.server);
    ends.push(() => proxy.close());
    const invoke = `
      process.on('SIGUSR2', () => {
        handler().then((value) => say({ ['invocation ' + value]: true }), (error) => say({ failed: error.message }));
      });
      process.on('SIGTERM', () => cache.close().then(() => process.exit(0)));
      setInterval(() => {}, 1_000);
      say({ ready: true });
    `;
    await redis.observer.command('DEL', 'invocations');
    const program = await recipe('Serverless', invoke);
    const child = program.start([], { env: { REDIS_URL: proxy.url }, boundMs: 30_000 });
    await child.said('ready');
    child.process.kill('SIGUSR2');
    await child.said('invocation 1');
    child.process.kill('SIGSTOP');
    const frozen = proxy.freeze();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    child.process.kill('SIGCONT');
    child.process.kill('SIGUSR2');
    await child.said('invocation 2');
    frozen.end();
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 0, stderr: '' });
    expect(proxy.accepts).toBe(2);
  });

  it('a module that is evaluated again and again keeps one instance', async () => {
    const program = await recipe('Hot reload', `await cache((redis) => redis.ping());`);
    const reload = await writeReload(program.file);
    const child = await reload.run([], { env: { REDIS_URL: redis.url } });
    expect(child).toMatchObject({ code: 0, stderr: '', said: [{ same: true, connections: 1 }] });
  });
});

/** Imports a compiled module five times over, as a development server does. */
async function writeReload(file: string): Promise<ChildProgram> {
  const folder = await mkdtemp(join(root, 'node_modules', '.with-redis-recipe-'));
  const entry = join(folder, 'program.ts');
  const program = `${said}
    const seen = new Set();
    for (let time = 0; time < 5; time++) {
      const { cache } = await import(${JSON.stringify(file)} + '?' + time);
      seen.add(cache);
    }
    const [cache] = [...seen] as any[];
    say({ same: seen.size === 1, connections: cache.stats().created });
  `;
  await writeFile(entry, program);
  const compiled = await compileProgram(entry);
  ends.push(compiled.remove, () => rm(folder, { recursive: true, force: true }));
  return compiled;
}
