import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from './free-port.js';
import { guardAgainstOrphan } from './orphan-guard.js';
import { observeRedis } from './redis-observer.js';

export interface RedisServerOptions {
  /** More command-line arguments, such as `['--maxclients', '20']`. */
  readonly args?: readonly string[];
  /** A fixed port, to start again where a stopped server was. Default: any free one. */
  readonly port?: number;
  readonly password?: string;
  /** Default: `redis-server`, else `valkey-server`, from PATH. */
  readonly binary?: string;
  /** One that exists and is not removed by `stop`, to start again with what it holds. Default: one of its own. */
  readonly directory?: string;
}

export interface RedisServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Its working directory, removed by `stop` where it is the server's own. */
  readonly directory: string;
  /** SIGKILL, so that it also ends a paused server, at once. Idempotent. */
  stop(): Promise<void>;
  /** SIGSTOP: the kernel still accepts connections, nobody answers. */
  pause(): void;
  resume(): void;
}

const host = '127.0.0.1';
const startTimeoutMs = 10_000;
const portRaces = 5;

/** Starts a real server without persistence on a loopback port, and waits until it answers. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let race = 1; ; race += 1) {
    const port = options.port ?? (await findFreePort());
    try {
      return await startOn(port, options);
    } catch (error) {
      const lostRace = String(error).includes('Address already in use');
      if (!lostRace || options.port !== undefined || race === portRaces) throw error;
    }
  }
}

async function startOn(port: number, options: RedisServerOptions): Promise<RedisServer> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'with-redis-server-'));
  const removes = options.directory === undefined;
  let child: ChildProcess | undefined;
  try {
    child = await spawnServer(serverArguments(port, directory, options), directory, options.binary);
    const exited = exitOf(child, guardAgainstOrphan(child.pid!, directory));
    const url = serverUrl(port, options.password);
    await waitUntilReady(child, url, directory);
    return serverHandle(child, exited, { url, host, port, directory }, removes);
  } catch (error) {
    child?.kill('SIGKILL');
    if (removes) rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function serverArguments(port: number, directory: string, options: RedisServerOptions): string[] {
  const settings = [
    '--port',
    String(port),
    '--bind',
    host,
    '--dir',
    directory,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const password = options.password === undefined ? [] : ['--requirepass', options.password];
  return [...settings, ...password, ...(options.args ?? [])];
}

function serverUrl(port: number, password: string | undefined): string {
  return `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}${host}:${port}`;
}

const logFile = (directory: string) => join(directory, 'server.log');

/** Output goes to a file: a pipe that nobody reads would fill up, and would keep the test process alive. */
export async function spawnServer(
  args: readonly string[],
  directory: string,
  binary?: string,
): Promise<ChildProcess> {
  for (const name of binary === undefined ? ['redis-server', 'valkey-server'] : [binary]) {
    const log = openSync(logFile(directory), 'a');
    const child = spawn(name, args, {
      cwd: directory,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const started = await new Promise<boolean>((resolve, reject) => {
      child.once('spawn', () => resolve(true));
      child.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ENOENT' ? resolve(false) : reject(error),
      );
    });
    if (started) return child;
  }
  throw new Error(`${binary ?? 'redis-server or valkey-server'} is not in PATH`);
}

async function waitUntilReady(child: ChildProcess, url: string, directory: string): Promise<void> {
  const giveUpAt = Date.now() + startTimeoutMs;
  while (hasNotExited(child) && Date.now() < giveUpAt) {
    if ((await answeringPid(url)) === child.pid) return;
    await wait(15);
  }
  throw new Error(
    `redis-server did not start: ${readFileSync(logFile(directory), 'utf8').trim().slice(-2_000)}`,
  );
}

/** Asks for the pid, not only PING: another server may have won the port and answer in our server's place. */
async function answeringPid(url: string): Promise<number | undefined> {
  try {
    const observer = await observeRedis(url);
    try {
      return Number((await observer.info('server')).process_id);
    } finally {
      await observer.close();
    }
  } catch {
    return undefined;
  }
}

function hasNotExited(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function exitOf(child: ChildProcess, callOffGuard: () => void): Promise<void> {
  child.once('exit', callOffGuard);
  child.unref();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

type ServerPlace = Pick<RedisServer, 'url' | 'host' | 'port' | 'directory'>;

function serverHandle(
  child: ChildProcess,
  exited: Promise<void>,
  place: ServerPlace,
  removes: boolean,
): RedisServer {
  return {
    ...place,
    pid: child.pid!,
    async stop() {
      child.ref();
      child.kill('SIGKILL');
      await exited;
      if (removes) rmSync(place.directory, { recursive: true, force: true });
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}
