import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useInstances } from '../../support/harness.js';
import {
  add,
  type Command,
  consume,
  consumeAndHold,
  expectPendingFirst,
  idsOf,
  listen,
  publishUntilHeard,
  untilDone,
} from '../../support/lasting.js';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';

let cluster: RedisCluster;
beforeEach(async () => {
  cluster = await startRedisCluster();
});
afterEach(() => cluster.stop());

const create = useInstances(() => ({
  cluster: { nodes: cluster.seeds, options: { slotsRefreshTimeout: 300 } },
  pool: true,
  acquireTimeoutMs: 1_000,
}));

/** Slot of the key `a`. */
const SLOT = 15_495;
const stream = '{a}orders';

const at =
  ({ observer }: ClusterNode): Command =>
  (...args) =>
    observer.command(...args);

const otherThan = (node: ClusterNode) =>
  cluster.nodes.slice(0, 3).find((other) => other !== node) as ClusterNode;

/** Who serves the slot after what happened to it. */
const UPHEAVALS: Record<string, (before: ClusterNode) => Promise<ClusterNode>> = {
  'its node dies': async (before) => {
    // What was not replicated would be lost with it.
    expect(await before.observer.command('WAIT', 1, 5_000)).toBe(1);
    await before.server.stop();
    return cluster.successorOf(before, SLOT);
  },
  'its node is demoted': async (before) => {
    const replicas = String(await before.observer.command('CLUSTER', 'REPLICAS', before.id));
    const next = cluster.nodes.find(({ id }) => replicas.startsWith(id)) as ClusterNode;
    await next.observer.command('CLUSTER', 'FAILOVER');
    return cluster.successorOf(before, SLOT);
  },
  'its slot moves': async (before) => {
    const next = otherThan(before);
    await cluster.migrate(SLOT, next);
    return next;
  },
};

describe.each(['exclusive', 'auto'] as const)('a scope that lasts in a cluster, %s', (isolation) => {
  it.each(Object.keys(UPHEAVALS))(
    'loses no entry of its stream when %s, and begins with what is pending',
    async (what) => {
      const before = await cluster.masterOf(SLOT);
      const cache = create({ isolation: isolation as 'exclusive' });
      const held = await consumeAndHold(cache, stream, at(before), { key: stream });
      const { consumer, added, holding } = held;
      const command = at(await UPHEAVALS[what]!(before));
      added.push(...(await add(command, stream, 5)));
      held.goOn();
      expect(await untilDone(command, stream)).toBe(added.length);
      // A connection to a node that lives on may be told where to go without being lost.
      if (what === 'its node dies') expectPendingFirst(consumer, holding, added);
      expect(idsOf(consumer.given)).toEqual(added);
      consumer.stop('enough');
      expect((await consumer.ended).error).toBe('enough');
    },
    60_000,
  );

  it.each(Object.keys(UPHEAVALS))(
    'waits for entries elsewhere when %s while it waits',
    async (what) => {
      const before = await cluster.masterOf(SLOT);
      const consumer = consume(create({ isolation: isolation as 'exclusive' }), stream, {
        key: stream,
        blockMs: 0,
      });
      const added = await add(at(before), stream, 3);
      await untilDone(at(before), stream);
      const command = at(await UPHEAVALS[what]!(before));
      added.push(...(await add(command, stream, 3)));
      await untilDone(command, stream);
      expect(idsOf(consumer.given)).toEqual(added);
      consumer.stop('enough');
      expect((await consumer.ended).error).toBe('enough');
    },
    60_000,
  );

  it('is ended by close(), and what it held is there for the next one', async () => {
    const master = await cluster.masterOf(SLOT);
    const cache = create({ isolation: isolation as 'exclusive' });
    const { consumer, added, holding } = await consumeAndHold(cache, stream, at(master), { key: stream });
    expect(await cache.close({ deadlineMs: 50 })).toMatchObject({
      drained: false,
      forced: [{ label: 'consumer' }],
    });
    expect((await consumer.ended).error).toMatchObject({ name: 'ClosedError' });
    const next = consume(create(), stream, { key: stream });
    await untilDone(at(master), stream);
    expect(next.given[0]).toMatchObject({ id: holding, pending: true });
    expect(idsOf([...consumer.given, ...next.given])).toEqual(added);
    next.finish();
    expect(await next.ended).toEqual({ value: 'finished' });
  });

  it.each(['its slot moves', 'its node dies'])(
    'hears a channel of its shard again when %s',
    async (what) => {
      const before = await cluster.masterOf(SLOT);
      const cache = create({ isolation: isolation as 'exclusive' });
      const listening = listen(cache, '{a}news', { key: '{a}news', sharded: true });
      const publish = (to: ClusterNode) => (text: string) => to.observer.command('SPUBLISH', '{a}news', text);
      await publishUntilHeard(publish(before), listening.heard, 'before');
      const after = await UPHEAVALS[what]!(before);
      await publishUntilHeard(publish(after), listening.heard, 'after');
      listening.stop('enough');
      expect((await listening.ended).error).toBe('enough');
    },
    60_000,
  );
});
