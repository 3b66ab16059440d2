import { setTimeout as wait } from 'node:timers/promises';
import type { CallOptions, WithRedis, WithRedisOptions } from '../../src/index.js';
import { findFreePort } from './free-port.js';
import { observeRedis } from './redis-observer.js';
import { type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.js';

/** The contract holds in a cluster too: the same tests run against one node that owns every slot. */
export const inCluster = process.env.WITH_REDIS_TEST_BACKEND === 'cluster';

export async function startClusterOfOne(options: RedisServerOptions): Promise<RedisServer> {
  const port = String(await findFreePort());
  const args = [...(options.args ?? []), '--cluster-enabled', 'yes', '--cluster-port', port];
  const server = await startRedisServer({ ...options, args });
  const observer = await observeRedis(server.url);
  await observer.command('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  while (!/cluster_state:ok/.test(String(await observer.command('CLUSTER', 'INFO')))) await wait(5);
  await observer.close();
  return server;
}

/** The same server, as the seed of a cluster. */
export function asClusterOptions({ url, ...others }: WithRedisOptions): WithRedisOptions {
  if (url === undefined) return others;
  const { hostname: host, port } = new URL(url);
  // A proxy in between stays in between.
  const natMap = () => ({ host, port: Number(port) });
  return { ...others, cluster: { nodes: [url], options: { natMap } } };
}

const anySlot = { key: { slot: 0 } };

/** Every node is as good as any other where there is one, so calls need not say which. */
export function withDefaultKey(instance: WithRedis): WithRedis {
  type Run = (...args: unknown[]) => Promise<unknown>;
  const added = (options: unknown) =>
    options === undefined || (typeof options === 'object' && options !== null)
      ? { ...anySlot, ...options }
      : options;
  const run: Run = (first, second, third) =>
    typeof first === 'string'
      ? (instance as unknown as Run)(first, second, added(third))
      : (instance as unknown as Run)(first, added(second));
  return Object.assign(run, instance, {
    acquire: (options?: CallOptions) => instance.acquire(added(options) as CallOptions),
  }) as unknown as WithRedis;
}
