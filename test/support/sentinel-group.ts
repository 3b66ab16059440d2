import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from './free-port.js';
import { guardAgainstOrphan } from './orphan-guard.js';
import { observeRedis } from './redis-observer.js';
import { type RedisServer, startRedisServer } from './redis-server.js';

export interface SentinelGroup {
  readonly name: string;
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  readonly servers: readonly RedisServer[];
  /** Who the sentinels say is the master. */
  master(): Promise<RedisServer>;
  /** Moves the master elsewhere; the old one lives on as a replica. */
  failover(): Promise<void>;
  /** Connections on the sentinels, without those of servers and other sentinels. */
  strangers(): Promise<string[]>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const name = 'mymaster';

/** A master with a replica, and three sentinels that watch them, on loopback ports. */
export async function startSentinelGroup(): Promise<SentinelGroup> {
  const first = await startRedisServer({});
  const second = await startRedisServer({ args: ['--replicaof', host, String(first.port)] });
  const servers = [first, second];
  const directory = mkdtempSync(join(tmpdir(), 'with-redis-sentinels-'));
  const ports = [await findFreePort(), await findFreePort(), await findFreePort()];
  const children = ports.map((port) => startSentinel(directory, port, first.port));
  const ask = async (port: number, ...command: string[]) => {
    const observer = await observeRedis(`redis://${host}:${port}`);
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
    master: async () => {
      const [, port] = (await ask(ports[0]!, 'get-master-addr-by-name', name)) as string[];
      return servers.find((server) => String(server.port) === port)!;
    },
    failover: async () => void (await ask(ports[0]!, 'failover', name)),
    strangers: async () => {
      const rows = await Promise.all(
        ports.map(async (port) => {
          const observer = await observeRedis(`redis://${host}:${port}`);
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
  await until(async () => {
    const replicas = await ask(ports[0]!, 'replicas', name);
    const others = await ask(ports[0]!, 'sentinels', name);
    return (replicas as unknown[]).length === 1 && (others as unknown[]).length === 2;
  });
  return group;
}

function startSentinel(directory: string, port: number, masterPort: number) {
  const file = join(directory, `${port}.conf`);
  const lines = [
    `port ${port}`,
    `bind ${host}`,
    `dir ${directory}`,
    `sentinel monitor ${name} ${host} ${masterPort} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 2000`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
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
