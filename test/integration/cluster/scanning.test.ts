import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWithRedis, type WithRedis } from '../../../src/index.js';
import { eventually, outcomeOf } from '../../support/harness.js';
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.js';

/** Slots 3300 and 15495, so of the first and the second half. */
const [FIRST, SECOND] = ['b', 'a'];
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const idOf = ({ port }: ScriptedServer) => String(port).padStart(40, '0');
const entryOf = (node: ScriptedServer) => `*3\r\n${bulk('127.0.0.1')}:${node.port}\r\n${bulk(idOf(node))}`;

let nodes: [one: ScriptedServer, two: ScriptedServer];
/** The first one owns nothing any more. */
let left: boolean;
/** Each owns what was the other's. */
let swapped: boolean;
let cache: WithRedis;

const range = (from: number, to: number, of: ScriptedServer) => `*3\r\n:${from}\r\n:${to}\r\n${entryOf(of)}`;
const map = ([one, two] = swapped ? [nodes[1], nodes[0]] : nodes) =>
  left ? `*1\r\n${range(0, 16_383, two)}` : `*2\r\n${range(0, 8_191, one)}${range(8_192, 16_383, two)}`;

/** Its cursors begin with its number. */
const startNode = (which: 0 | 1) =>
  startScriptedServer(([name, first = '']) => {
    if (name === 'CLUSTER') return first.toLowerCase() === 'slots' ? map() : bulk(idOf(nodes[which]));
    if (name === 'SCAN') return `*2\r\n${bulk(`${which + 1}0`)}*1\r\n${bulk(`of ${which + 1}`)}`;
    const owner = left || (first === SECOND) !== swapped ? 1 : 0;
    const isKeyed = ['GET', 'WATCH'].includes(name as string);
    if (!isKeyed || owner === which) return '+OK\r\n';
    return `-MOVED ${first === SECOND ? 15_495 : 3_300} 127.0.0.1:${nodes[owner].port}\r\n`;
  });

beforeEach(async () => {
  left = false;
  swapped = false;
  nodes = [await startNode(0), await startNode(1)];
});
afterEach(async () => {
  await cache.close({ deadlineMs: 100 });
  for (const node of nodes) await node.close();
});

const create = (isolation: 'shared' | 'auto' | 'exclusive') => {
  cache = createWithRedis({
    cluster: { nodes: [{ host: '127.0.0.1', port: nodes[0].port }], options: { slotsRefreshInterval: 20 } },
    isolation: isolation as 'exclusive',
    pool: true,
    retry: 1,
  });
  return cache;
};
const cursors = ({ commands }: ScriptedServer) =>
  commands.filter(([name]) => name === 'SCAN').map(([, cursor]) => cursor);

it.each(['exclusive', 'shared', 'auto'] as const)(
  'the pages of a scan come from one node, whatever the scope does at others in between, %s',
  async (isolation) => {
    const pages = await create(isolation)(
      async (redis) => {
        const seen: string[] = [];
        for (let cursor = '0', page = 0; page < 4; page += 1) {
          const [next, keys] = await redis.scan(cursor);
          seen.push(...keys);
          cursor = next;
          await redis.get(page % 2 === 0 ? SECOND : FIRST);
        }
        return seen;
      },
      { key: FIRST },
    );
    expect(pages).toEqual(['of 1', 'of 1', 'of 1', 'of 1']);
    expect(cursors(nodes[0])).toEqual(['0', '10', '10', '10']);
  },
);

it('they come from nowhere else where that node has left: the scan is to be begun again', async () => {
  const call = create('exclusive')(
    async (redis) => {
      const [cursor] = await redis.scan('0');
      left = true;
      await redis.get(FIRST);
      await eventually(
        () => cache.stats().max,
        (max) => max === 10,
      );
      return { ...(await outcomeOf(redis.scan(cursor))), again: await redis.scan('0') };
    },
    { key: FIRST },
  );
  const { error, again } = await call;
  expect(error).toMatchObject({
    code: 'ERR_WITH_REDIS_CONNECT',
    message: expect.stringContaining('scan again, from 0'),
  });
  expect(again).toEqual(['20', ['of 2']]);
  expect(cursors(nodes[1])).toEqual(['0']);
});

it('an auto scope goes on with its scan also on connections of its own', async () => {
  await create('auto')(
    async (redis) => {
      const [cursor] = await redis.scan('0');
      await redis.watch(SECOND);
      expect(await redis.scan(cursor)).toEqual(['10', ['of 1']]);
    },
    { key: FIRST },
  );
  expect(cursors(nodes[1])).toEqual([]);
});

it.each(['shared', 'auto'] as const)(
  'they come from one node also where each has a scope of its own, %s',
  async (isolation) => {
    const withRedis = create(isolation);
    const page = (cursor: string) => withRedis((redis) => redis.scan(cursor));
    await withRedis((redis) => redis.get(SECOND), { key: SECOND });
    expect(await page('0')).toEqual(['20', ['of 2']]);
    await withRedis((redis) => redis.get(FIRST), { key: FIRST });
    expect(await page('20')).toEqual(['20', ['of 2']]);
  },
);

it('two scans at once each go on where they began', async () => {
  const pages = await create('exclusive')(
    async (redis) => {
      await redis.scan('0');
      await redis.get(SECOND);
      await redis.scan('0');
      return [await redis.scan('10'), await redis.scan('20'), await redis.scan('10')];
    },
    { key: FIRST },
  );
  expect(pages.map(([, keys]) => keys)).toEqual([['of 1'], ['of 2'], ['of 1']]);
});

it.each(['exclusive', 'shared', 'auto'] as const)(
  "the standing client's pages come from one master, whoever owns which slot meanwhile, %s",
  async (isolation) => {
    const { redis } = create(isolation);
    await redis.get(SECOND);
    const [cursor] = await redis.scan('0');
    swapped = true;
    await redis.get(FIRST);
    await redis.get(SECOND);
    expect((await redis.scan(cursor))[0]).toBe(cursor);
  },
);
