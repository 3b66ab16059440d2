import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createWithRedis } from '../../../src/index.js';
import { eventually } from '../../support/harness.js';
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.js';

const HOST = '127.0.0.1';
/** Slot 15495, so of the second half. */
const KEY = 'a';

type Range = readonly [from: number, to: number, port: number, id: string];

interface Told {
  id: string;
  ranges: readonly Range[];
  /** What it says to all that asks about the cluster. */
  refuses?: string;
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const slots = (ranges: readonly Range[]) =>
  `*${ranges.length}\r\n${ranges
    .map(([from, to, port, id]) => `*3\r\n:${from}\r\n:${to}\r\n*3\r\n${bulk(HOST)}:${port}\r\n${bulk(id)}`)
    .join('')}`;

/** A node that is who a test says, and tells of the cluster that a test says. */
async function startNode() {
  const told: Told = { id: '', ranges: [] };
  const sockets = new Set<Socket>();
  const server = await startScriptedServer(([name, sub], socket) => {
    sockets.add(socket);
    if (name === 'PING') return '+PONG\r\n';
    if (name !== 'CLUSTER') return '+OK\r\n';
    if (told.refuses && sub === 'MYID') return told.refuses;
    return sub === 'MYID' ? bulk(told.id) : slots(told.ranges);
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const writes = () => server.commands.filter(([name]) => name === 'SET').length;
  return { ...server, told, cut, writes };
}

const started: ScriptedServer[] = [];
afterEach(() => Promise.all(started.splice(0).map((server) => server.close())));

/** Two nodes with a half of the slots each, and an instance that has used both. */
async function startTwo(isolation: 'exclusive' | 'shared' | 'auto', seeds: 'one' | 'both' = 'one') {
  const [one, two] = [await startNode(), await startNode()];
  started.push(one, two);
  const ranges: Range[] = [
    [0, 8_191, one.port, 'one'],
    [8_192, 16_383, two.port, 'two'],
  ];
  Object.assign(one.told, { id: 'one', ranges });
  Object.assign(two.told, { id: 'two', ranges });
  const withRedis = createWithRedis({
    cluster: { nodes: (seeds === 'one' ? [one] : [one, two]).map(({ port }) => ({ host: HOST, port })) },
    pool: true,
    isolation,
    acquireTimeoutMs: 1_000,
  });
  const set = () => withRedis((r) => r.set(KEY, '1'), { key: KEY });
  await set();
  expect(two.writes()).toBe(1);
  /** Its connections end, and whoever is at its address afterwards says so when asked. */
  const replace = async (node: typeof two, by: Partial<Told>) => {
    Object.assign(node.told, by);
    node.cut();
    await eventually(
      () => withRedis.stats().nodes?.[`${HOST}:${node.port}`],
      (stats) => stats?.idle === 0 && stats.borrowed === 0,
    );
  };
  return { one, two, withRedis, set, replace };
}

const whole = (port: number, id: string): Range[] => [[0, 16_383, port, id]];

it.each(['exclusive', 'shared', 'auto'] as const)(
  'a node of another cluster at a known address gets no command, and the cluster is asked anew, %s',
  async (isolation) => {
    const { one, two, withRedis, set, replace } = await startTwo(isolation);
    one.told.ranges = whole(one.port, 'one');
    await replace(two, { id: 'stranger', ranges: whole(two.port, 'stranger') });
    await set();
    expect({ one: one.writes(), stranger: two.writes() - 1 }).toEqual({ one: 1, stranger: 0 });
    await withRedis.close();
  },
);

it.each(['exclusive', 'shared', 'auto'] as const)(
  'nor does a server at a known address that is in no cluster, %s',
  async (isolation) => {
    const { one, two, withRedis, set, replace } = await startTwo(isolation);
    one.told.ranges = whole(one.port, 'one');
    await replace(two, { refuses: '-ERR This instance has cluster support disabled\r\n' });
    await set();
    expect({ one: one.writes(), stranger: two.writes() - 1 }).toEqual({ one: 1, stranger: 0 });
    await withRedis.close();
  },
);

it.each([
  ['the node belongs to another cluster', {}],
  ['the node belongs to no cluster', { refuses: '-ERR This instance has cluster support disabled\r\n' }],
])('nor where the others have not noticed yet: the call is told why, %s', async (message, refusal) => {
  const { two, withRedis, set, replace } = await startTwo('exclusive');
  await replace(two, { id: 'stranger', ranges: whole(two.port, 'stranger'), ...refusal });
  await expect(set()).rejects.toMatchObject({ code: 'ERR_WITH_REDIS_CONNECT', cause: { message } });
  expect(two.writes()).toBe(1);
  await withRedis.close();
});

it('a node that is new, or was given a new id, belongs to the cluster whose nodes it knows', async () => {
  const { one, two, withRedis, set, replace } = await startTwo('shared');
  await replace(two, { id: 'two again', ranges: [[0, 8_191, one.port, 'one'], ...two.told.ranges.slice(1)] });
  await set();
  expect(two.writes()).toBe(2);
  await withRedis.close();
});

it('a seed is believed where nobody of the old cluster is left, once that has turned out', async () => {
  const { one, two, withRedis, set, replace } = await startTwo('shared', 'both');
  await replace(two, { id: 'other', ranges: whole(two.port, 'other') });
  one.cut();
  await one.close();
  await expect(set()).rejects.toMatchObject({ cause: { message: 'the node belongs to another cluster' } });
  await set();
  expect(two.writes()).toBe(2);
  await withRedis.close();
});

it.each(['-NOPERM this user has no permissions\r\n', "-ERR unknown subcommand 'MYID'\r\n", '$0\r\n\r\n'])(
  'who may not be asked for an id goes by the address: %j',
  async (refuses) => {
    const { two, withRedis, set, replace } = await startTwo('exclusive');
    await replace(two, { refuses });
    await set();
    expect(two.writes()).toBe(2);
    await withRedis.close();
  },
);
