import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWithRedis } from '../index.js';
import { UsageError } from './usage-error.js';

const names = ['redis-server', 'valkey-server'];
const startMs = 10_000;

/**
 * A server for this process alone, without persistence, that ends with it, however it ends: in PATH, or a usage error.
 * Resolves to its URL once it answers.
 */
export async function startOwnServer(): Promise<string> {
  const port = await findFreePort();
  const directory = mkdtempSync(join(tmpdir(), 'with-redis-leakcheck-'));
  const server = await spawnServer(port, directory);
  process.once('exit', () => {
    server?.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  if (!server) {
    throw new UsageError(
      `no server is given and none of ${names.join(', ')} is in PATH: use --url or set REDIS_URL`,
    );
  }
  const url = `redis://127.0.0.1:${port}`;
  await untilItAnswers(url, server);
  return url;
}

async function spawnServer(port: number, directory: string): Promise<ChildProcess | undefined> {
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory];
  for (const name of names) {
    const child = spawn(name, [...where, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
    const started = new Promise<boolean>((resolve) => {
      child.once('spawn', () => resolve(true));
      child.once('error', () => resolve(false));
    });
    if (await started) return child;
  }
  return undefined;
}

async function untilItAnswers(url: string, server: ChildProcess): Promise<void> {
  const instance = createWithRedis({
    url,
    acquireTimeoutMs: startMs,
    retry: { attempts: Number.POSITIVE_INFINITY, delayMs: 20, factor: 1 },
    deadlineMs: startMs,
  });
  const exited = new Promise<never>((_, reject) =>
    server.once('exit', () => reject(new UsageError('the server started for the check has ended'))),
  );
  const answer = instance((redis) => redis.ping()).catch(() => {
    throw new UsageError(`the server started for the check did not answer within ${startMs / 1_000} s`);
  });
  await Promise.race([answer, exited]);
}

function findFreePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
