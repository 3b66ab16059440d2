import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findFreePort } from '../../support/free-port.js';
import { eventually, sleep } from '../../support/harness.js';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';
import { observeRedis } from '../../support/redis-observer.js';
import { type RedisServer, startRedisServer } from '../../support/redis-server.js';
import { Random } from '../world/random.js';
import { Chart, type Member, type Shard, slotOf } from './cluster.js';
import { convert } from './conversion.js';
import { drawCommand } from './dialogue.js';
import { chartOf, Pair, stateOf } from './pair.js';
import { Several } from './resp.js';
import { differenceOf } from './simulated.js';

/** What a node of this world answers is what one of a real cluster answers, byte by byte. */
const BUDGET_MS = Number(process.env.DIFFERENTIAL_MS ?? 8_000);
const COMMANDS = 60;
const PROGRAMS = Number(process.env.DIFFERENTIAL_PROGRAMS ?? 150);
const seed = Number(process.env.DIFFERENTIAL_SEED ?? 427_641_503);

/** One slot of each master; the first is on its way from its owner to the next one in half of the programs. */
const TAGS = ['b', 'c', 'a'];
const KEYS = [...TAGS, ...TAGS].map((tag, at) => `{${tag}}${at}`);
const CHANNELS = ['{b}news', '{c}news'];
/** Of what a replica holds and when nothing is promised. */
const OF_REPLICAS = /^(get|set|incr|mget|mset|watch|multi|exec|discard|ping|asking|select|flushdb)$/i;
let cluster: RedisCluster;
let lone: RedisServer;
let difference: string | undefined;
beforeAll(async () => {
  cluster = await startRedisCluster({ nodeTimeoutMs: 15_000 });
  const args = ['--cluster-enabled', 'yes', '--cluster-port', String(await findFreePort())];
  lone = await startRedisServer({ args });
  difference = await differenceOf(lone.url);
}, 60_000);
beforeEach(({ skip }) => skip(difference !== undefined, difference));
afterAll(() => Promise.all([cluster.stop(), lone.stop()]));

const latin1 = (command: readonly string[]) => command.map((word) => Buffer.from(word).toString('latin1'));

const nodes = () => cluster.nodes.map(({ id, server }) => ({ id, host: server.host, port: server.port }));

async function converse(program: number): Promise<string | undefined> {
  const random = new Random(program);
  const members = nodes();
  const chart = chartOf(members);
  const states = members.slice(0, 4).map((member) => stateOf(member, chart));
  const pairs = states.map((state, at) => new Pair((members[at] as Member).port, state));
  const told: string[] = [];
  const ask = async (at: number, command: readonly string[]) => {
    told.push(`${at}: ${JSON.stringify(command)}`);
    const difference = await (pairs[at] as Pair).ask(command);
    return difference && `${told.slice(-12).join('\n')}\nto ${at}: ${difference}`;
  };
  const moves = random.chance(0.5);
  const slot = slotOf(TAGS[0] as string);
  const setSlot = (at: number, ...words: string[]) =>
    cluster.nodes[at]?.observer.command('CLUSTER', 'SETSLOT', slot, ...words);
  try {
    let difference: string | undefined;
    for (const at of [0, 1, 2]) difference ??= await ask(at, ['FLUSHALL']);
    if (moves) {
      await setSlot(1, 'IMPORTING', cluster.nodes[0]?.id as string);
      await setSlot(0, 'MIGRATING', cluster.nodes[1]?.id as string);
      states[0]?.cluster?.migrating.set(slot, members[1] as Member);
      states[1]?.cluster?.importing.add(slot);
    }
    for (const { line, session } of pairs) {
      session.protocol = random.chance(0.5) ? 2 : 3;
      line.ask(['HELLO', String(session.protocol)]);
      await line.hear(100);
    }
    for (let left = COMMANDS; left > 0 && difference === undefined; left--) {
      const at = random.pick([0, 0, 1, 1, 2, 3]);
      const command = latin1(drawCommand(random, { keys: KEYS, channels: CHANNELS }));
      const isFit =
        at === 3 ? OF_REPLICAS.test(command[0] as string) : !/^publish$/i.test(command[0] as string);
      if (isFit) difference = await ask(at, command);
    }
    return difference;
  } finally {
    for (const { line } of pairs) line.end();
    if (moves) for (const at of [0, 1]) await setSlot(at, 'STABLE');
  }
}

test(`the same bytes as nodes of a real cluster, seed ${seed}`, { timeout: BUDGET_MS + 30_000 }, async () => {
  const random = new Random(seed);
  const until = performance.now() + BUDGET_MS;
  let programs = 0;
  for (; performance.now() < until && programs < PROGRAMS; programs++) {
    const program = random.int(0, 2 ** 32 - 1);
    expect(await converse(program), `program ${program}`).toBeUndefined();
  }
  console.info(`differential: seed ${seed}, ${programs} programs of ${COMMANDS} commands`);
});

test.each(['2', '3'])('CLUSTER SLOTS and MYID, protocol %s', async (protocol) => {
  const members = nodes();
  // A replica that has heard of no write yet is not named.
  for (const { observer } of cluster.nodes.slice(0, 3)) await observer.command('FLUSHALL');
  const { observer } = cluster.nodes[4] as ClusterNode;
  const named = async () => ((await observer.command('CLUSTER', 'SLOTS')) as unknown[][]).flat(1);
  await eventually(named, (entries) => entries.length === 12, 10_000);
  const pair = new Pair((members[4] as Member).port, stateOf(members[4] as Member, chartOf(members)));
  pair.line.ask(['HELLO', protocol]);
  pair.session.protocol = Number(protocol) as 2 | 3;
  await pair.line.hear(100);
  expect(await pair.ask(['CLUSTER', 'SLOTS'])).toBeUndefined();
  expect(await pair.ask(['CLUSTER', 'MYID'])).toBeUndefined();
  pair.line.end();
});

/** What somebody hears who waits at a node while it hears of something else. */
async function wait(commands: readonly string[][], during: () => Promise<Chart>, down = false) {
  const [me] = nodes() as [Member];
  const state = stateOf(me, chartOf(nodes()));
  const pairs = commands.map(() => new Pair(me.port, state));
  for (const [at, command] of commands.entries()) expect(await pairs[at]?.ask(command)).toBeUndefined();
  convert(state, await during(), down);
  for (const { session } of pairs) session.answer(session.block?.nothing ?? new Several([]));
  await sleep(400);
  for (const pair of pairs) expect(await pair.compare()).toBeUndefined();
  for (const { line } of pairs) line.end();
}

const WAITING = [
  ['BLPOP', '{b}none', '0'],
  ['SSUBSCRIBE', '{b}news'],
];

test('who waits for a key or listens to a channel is told when the slot moves', async () => {
  const slot = slotOf('b');
  const [first, second] = cluster.nodes as [ClusterNode, ClusterNode];
  await wait(WAITING, async () => {
    await cluster.migrate(slot, second);
    return chartOf(nodes()).withOwner([slot], 1);
  });
  await cluster.migrate(slot, first);
  await cluster.settled();
});

test('a master that is demoted ends what waits there', async () => {
  const members = nodes();
  await wait(WAITING, async () => {
    await cluster.nodes[3]?.observer.command('CLUSTER', 'FAILOVER');
    await eventually(
      () => cluster.masterOf(0),
      (master) => master === cluster.nodes[3],
      10_000,
    );
    const [first, ...others] = chartOf(members).shards as [Shard, Shard, Shard];
    return chartOf(members).withShards([
      { master: members[3] as Member, replicas: [first.master] },
      ...others,
    ]);
  });
});

test('a node that knows nobody, and one of a part', async () => {
  const me = { id: 'unknown', host: '', port: lone.port };
  const state = stateOf(me, Chart.empty());
  state.mood.replica = false;
  const pair = new Pair(lone.port, state);
  const asked = [
    ['CLUSTER', 'SLOTS'],
    ['GET', '{b}'],
    ['PING'],
    ['MULTI'],
    ['GET', '{b}'],
    ['EXEC'],
    ['EXEC'],
  ];
  for (const command of asked) expect(await pair.ask(command)).toBeUndefined();
  const observer = await observeRedis(lone.url);
  await observer.command('CLUSTER', 'ADDSLOTS', slotOf('b'));
  await observer.close();
  const alone = Chart.empty()
    .withShards([{ master: me, replicas: [] }])
    .withOwner([slotOf('b')], 0);
  convert(state, alone, true);
  for (const command of [
    ['GET', '{b}'],
    ['GET', '{c}'],
    ['SSUBSCRIBE', '{b}'],
  ])
    expect(await pair.ask(command)).toBeUndefined();
  pair.line.end();
});
