import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually, outcomeOf, sleep, useInstances } from '../../support/harness.js';
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

/** Listens until it is stopped, on another connection whenever one is lost. */
function listen(withRedis: ReturnType<typeof create>, isolation: 'exclusive' | 'auto') {
  const heard: string[] = [];
  const stop = new AbortController();
  const counts = { subscribed: 0 };
  const over = outcomeOf(
    withRedis(
      async (r, { signal }) => {
        r.on('message', (_channel: string, message: string) => heard.push(message));
        await r.subscribe('news');
        counts.subscribed += 1;
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      {
        key: 'a',
        isolation,
        signal: stop.signal,
        deadlineMs: Number.POSITIVE_INFINITY,
        retry: { attempts: 1_000, delayMs: 20, maxDelayMs: 100, idempotent: true },
      },
    ),
  );
  const end = () => {
    stop.abort('enough');
    return over;
  };
  return { heard, counts, end };
}

async function publishUntilHeard({ observer }: ClusterNode, heard: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      await observer.command('PUBLISH', 'news', 'after');
      await sleep(20);
      return heard;
    },
    (messages) => messages.includes('after'),
    5_000,
  );
}

it.each(['exclusive', 'auto'] as const)(
  'a subscription by key ends as a loss when its node dies, and the next attempt hears the messages, %s',
  async (isolation) => {
    const withRedis = create();
    const { heard, counts, end } = listen(withRedis, isolation);
    await eventually(
      () => counts.subscribed,
      (subscribed) => subscribed === 1,
    );
    const victim = await cluster.masterOf(SLOT);
    const other = cluster.nodes.find((node) => node !== victim)!;
    await other.observer.command('PUBLISH', 'news', 'before');
    await eventually(
      () => heard,
      (messages) => messages.includes('before'),
    );
    await victim.server.stop();
    await eventually(
      () => counts.subscribed,
      (subscribed) => subscribed === 2,
      15_000,
    );
    // Not by the bus, which may not know all yet: whoever took over is asked to.
    const successor = await cluster.successorOf(victim, SLOT);
    await publishUntilHeard(successor, heard);
    expect(await end()).toEqual({ error: 'enough' });
  },
  40_000,
);

it.each(['exclusive', 'auto'] as const)(
  'and goes on hearing where its master is replaced and lives on as a replica, %s',
  async (isolation) => {
    const withRedis = create();
    const { heard, counts, end } = listen(withRedis, isolation);
    await eventually(
      () => counts.subscribed,
      (subscribed) => subscribed === 1,
    );
    const before = await cluster.masterOf(SLOT);
    await cluster.nodes[5]!.observer.command('CLUSTER', 'FAILOVER', 'TAKEOVER');
    const successor = await cluster.successorOf(before, SLOT);
    await cluster.settled();
    await publishUntilHeard(successor, heard);
    expect(await end()).toEqual({ error: 'enough' });
  },
  40_000,
);
