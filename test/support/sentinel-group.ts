import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from './free-port.js';
import { guardAgainstOrphan } from './orphan-guard.js';
import { observeRedis } from './redis-observer.js';
import { type RedisServer, spawnServer, startRedisServer } from './redis-server.js';

export interface SentinelGroup {
  readonly name: string;
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  readonly servers: readonly RedisServer[];
  /** Process ids of the sentinels, in order. */
  readonly pids: readonly number[];
  /** Who the sentinels say is the master. */
  master(): Promise<RedisServer>;
  /** Ports of whoever the sentinels say is the master, each of them. */
  named(): Promise<readonly number[]>;
  /** Moves the master elsewhere; the old one lives on as a replica. */
  failover(): Promise<void>;
  /** Connections on the sentinels, without those of servers and other sentinels. */
  strangers(): Promise<string[]>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const name = 'mymaster';

export interface SentinelGroupOptions {
  /** Of the servers. */
  readonly password?: string;
  /** Of the sentinels. */
  readonly sentinelPassword?: string;
}

/** A master with a replica, and three sentinels that watch them, on loopback ports. */
export async function startSentinelGroup(options: SentinelGroupOptions = {}): Promise<SentinelGroup> {
  const { password, sentinelPassword } = options;
  const auth = password === undefined ? [] : ['--masterauth', password];
  const secured = password === undefined ? {} : { password };
  const first = await startRedisServer({ ...secured, args: auth });
  const second = await startRedisServer({
    ...secured,
    args: [...auth, '--replicaof', host, String(first.port)],
  });
  const servers = [first, second];
  const directory = mkdtempSync(join(tmpdir(), 'with-redis-sentinels-'));
  const ports = [await findFreePort(), await findFreePort(), await findFreePort()];
  const children = await Promise.all(
    ports.map((port) => startSentinel(directory, port, first.port, options)),
  );
  const login = sentinelPassword === undefined ? '' : `:${sentinelPassword}@`;
  const ask = async (port: number, ...command: string[]) => {
    const observer = await observeRedis(`redis://${login}${host}:${port}`);
    try {
      return (await observer.command('SENTINEL', ...command)) as unknown;
    } finally {
      await observer.close();
    }
  };
  const group: SentinelGroup = {
    name,
    sentinels: ports.map((port) => ({ host, port })),
    servers,
    pids: children.map(({ pid }) => pid as number),
    master: async () => {
      const [, port] = (await ask(ports[0]!, 'get-master-addr-by-name', name)) as string[];
      return servers.find((server) => String(server.port) === port)!;
    },
    named: () =>
      Promise.all(
        ports.map(async (port) =>
          Number(((await ask(port, 'get-master-addr-by-name', name)) as string[])[1]),
        ),
      ),
    failover: async () => void (await ask(ports[0]!, 'failover', name)),
    strangers: async () => {
      const rows = await Promise.all(
        ports.map(async (port) => {
          const observer = await observeRedis(`redis://${login}${host}:${port}`);
          const clients = await observer.clients();
          await observer.close();
          return clients;
        }),
      );
      return rows
        .flat()
        .flatMap((row) => (row.name.startsWith('sentinel-') ? [] : [`${row.name} ${row.cmd}`]));
    },
    stop: async () => {
      for (const child of children) child.kill('SIGKILL');
      for (const server of servers) await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  // Also that the replica is one that may be promoted: "NOGOODSLAVE" else.
  await until(async () => {
    const seen = await Promise.all(
      ports.map(
        async (port) =>
          [await ask(port, 'replicas', name), await ask(port, 'sentinels', name)] as string[][][],
      ),
    );
    return seen.every(([replicas = [], others = []]) => {
      const [replica = []] = replicas;
      return (
        replicas.length === 1 &&
        others.length === 2 &&
        replica[replica.indexOf('master-link-status') + 1] === 'ok'
      );
    });
  });
  return group;
}

async function startSentinel(
  directory: string,
  port: number,
  masterPort: number,
  { password, sentinelPassword }: SentinelGroupOptions,
) {
  const file = join(directory, `${port}.conf`);
  const lines = [
    `port ${port}`,
    `bind ${host}`,
    `dir ${directory}`,
    `sentinel monitor ${name} ${host} ${masterPort} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 2000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${name} ${password}`]),
    ...(sentinelPassword === undefined
      ? []
      : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = await spawnServer([file, '--sentinel'], directory);
  guardAgainstOrphan(child.pid!, directory);
  return child;
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await check().catch(() => false))) {
    if (performance.now() > end) throw new Error('the sentinels do not see each other');
    await wait(50);
  }
}
