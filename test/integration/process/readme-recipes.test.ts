import { afterEach, describe, expect, it } from 'vitest';
import type { ChildProgram } from '../../support/child-program.js';
import { eventually as soon, useServer } from '../../support/harness.js';
import { compileRecipe, recipeOf } from '../../support/recipe.js';

const redis = useServer();

/** A process of its own has to start first, on a machine that may be busy. */
const eventually = <T>(read: () => T | Promise<T>, accept: (value: T) => boolean) =>
  soon(read, accept, 10_000);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function compile(code: string, more = ''): Promise<ChildProgram> {
  const program = await compileRecipe(code, more);
  ends.push(program.remove);
  return program;
}

/** Runs the recipe below a heading, and what comes after it. */
async function run(heading: string, more: string) {
  const program = await compile(recipeOf(heading), more);
  return program.run([], { env: { REDIS_URL: redis.url }, boundMs: 30_000 });
}

const well = { code: 0, stdout: '', stderr: '' };

describe('the recipes of README.md', () => {
  it('cache-aside loads once, and what it stores expires', async () => {
    const ended = await run(
      'Cache-aside',
      `
      const load = async () => (say({ loaded: true }), { price: 42 });
      for (const _ of [1, 2]) say({ value: await cached('aside', 60, load) });
      say({ expires: (await cache((redis) => redis.ttl('aside'))) > 0 });`,
    );
    const value = { price: 42 };
    expect(ended).toMatchObject({
      ...well,
      said: [{ loaded: true }, { value }, { value }, { expires: true }],
    });
  });

  it('twenty locks at once, whose jobs read through the same ten connections, all come to their end', async () => {
    const ended = await run(
      'A lock',
      `
      const job = () => cache((redis) => redis.ping());
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      const values = await Promise.all(numbers.map((number) => withLock('lock-' + number, 5_000, job)));
      say({ values: values.filter((value) => value === 'PONG').length });
      say({ rivals: await Promise.all([withLock('one', 5_000, job), withLock('one', 5_000, job)]) });
      say({ left: await cache((redis) => redis.exists('lock:one')) });`,
    );
    const said = [{ values: 20 }, { rivals: ['PONG', null] }, { left: 0 }];
    expect(JSON.parse(JSON.stringify(ended))).toMatchObject({ ...well, said });
  });

  it('with the job inside one scope they wait for each other, as the recipe says', async () => {
    const ended = await run(
      'A lock',
      `
      const job = () => cache((redis) => redis.ping(), { acquireTimeoutMs: 500 });
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      const naive = (number: number) => cache(async (redis) => (await redis.set('naive-' + number, 1), job()));
      const outcomes = await Promise.allSettled(numbers.map(naive));
      say({ refused: outcomes.some((outcome) => outcome.status === 'rejected') });`,
    );
    expect(ended).toMatchObject({ ...well, said: [{ refused: true }] });
  });

  it('a rate limit lets so many through in a window, and as many in the next', async () => {
    const ended = await run(
      'A rate limit',
      `
      const five = async () => { const all = []; for (let i = 0; i < 5; i++) all.push(await allowed('me', 3, 2_000)); return all; };
      say({ answers: await five() });
      while (await cache((redis) => redis.exists('limit:me'))) await new Promise((resolve) => setTimeout(resolve, 20));
      say({ answers: await five() });`,
    );
    const answers = [true, true, true, false, false];
    expect(ended).toMatchObject({ ...well, said: [{ answers }, { answers }] });
  });
});

describe('the scopes that last', () => {
  /** The recipe, but it stops on SIGTERM and not at once. */
  const lasting = async (heading: string) => {
    const onSignal = `process.once('SIGTERM', () => stop.abort());`;
    const program = await compile(recipeOf(heading).replace('stop.abort();', onSignal));
    return program.start([], { env: { REDIS_URL: redis.url }, boundMs: 20_000 });
  };
  const subscriber = async () => (await redis.clients()).find(({ sub }) => sub === 1)?.id;

  it('a subscription hears what is published, before and after its connection was lost, and ends', async () => {
    const child = await lasting('Pub/sub');
    let heard = '';
    child.process.stdout?.on('data', (chunk) => {
      heard += chunk;
    });
    const first = await eventually(subscriber, (id) => id !== undefined);
    await redis.observer.command('PUBLISH', 'news', 'one');
    await redis.observer.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    // A server may let go of the first one a little after its reply.
    await eventually(subscriber, (id) => id !== undefined && id !== first);
    await redis.observer.command('PUBLISH', 'news', 'two');
    // A signal may be faster than what was published.
    await eventually(
      () => heard,
      (text) => text.includes('two'),
    );
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ ...well, stdout: 'news one\nnews two\n' });
    expect(await redis.clients()).toEqual([]);
  });

  it('a consumer of a stream goes on after its connection or its group was lost, and leaves nothing pending', async () => {
    const child = await lasting('A scope that lasts');
    const waits = () =>
      eventually(redis.clients, (clients) => clients.some(({ cmd }) => cmd === 'xreadgroup'));
    const group = () =>
      redis.observer.command('XINFO', 'GROUPS', 'orders').then((reply) => JSON.stringify(reply));
    const add = (item: string) => redis.observer.command('XADD', 'orders', '*', 'item', item);
    /** As after a restart without persistence: there is something new before the group is made again. */
    const forgetAndAdd = (item: string) => {
      const script = `redis.call('DEL', KEYS[1]); return redis.call('XADD', KEYS[1], '*', 'item', ARGV[1])`;
      return redis.observer.command('EVAL', script, 1, 'orders', item);
    };
    const consume = async (item: string, adding = add) => {
      const id = await adding(item);
      await eventually(
        group,
        (said) => said.includes(`"last-delivered-id","${id}"`) && said.includes('"pending",0'),
      );
    };
    await waits();
    await consume('book');
    await waits();
    for (const { id } of await redis.clients())
      await redis.observer.command('CLIENT', 'KILL', 'ID', String(id));
    await waits();
    await consume('mug');
    await waits();
    await consume('pen', forgetAndAdd);
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({
      ...well,
      stdout: "[ 'item', 'book' ]\n[ 'item', 'mug' ]\n[ 'item', 'pen' ]\n",
    });
  });
});
