import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianServer } from './debian.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Below node_modules, so that whatever is in it finds the packages of the repository. */
export const cache = join(root, 'node_modules', '.cache', 'with-redis', 'matrix');

export interface Runtime {
  readonly version: string;
  /** The executable. */
  readonly node: string;
}

export interface Server {
  readonly description: string;
  /** A folder whose `redis-server` it is. */
  readonly folder: string;
}

/** Installs a package from the registry once, and returns its folder. */
export function install(name: string, version: string): string {
  const home = join(cache, `${name}@${version}`.replaceAll('/', '+'));
  const folder = join(home, 'node_modules', name);
  if (!existsSync(join(folder, 'package.json'))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{"private":true}');
    const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    execFileSync('npm', ['install', ...flags, `${name}@${version}`], { cwd: home, stdio: 'inherit' });
  }
  return folder;
}

export function versionOf(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

/** The newest release of a major version, as the registry package of this platform's binary has it. */
export function nodeRuntime(major: number): Runtime {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const folder = install(`node-${platform}-${process.arch}`, String(major));
  const node = join(folder, 'bin', platform === 'win' ? 'node.exe' : 'node');
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1);
  return { version, node };
}

/** Those in PATH, each in a folder of its own under the name that the tests look for. */
export function ownServers(): Server[] {
  return ['redis-server', 'valkey-server'].flatMap((name) => {
    const { status, stdout } = spawnSync('which', [name], { encoding: 'utf8' });
    return status === 0 ? [server(stdout.trim(), name)] : [];
  });
}

/** Redis 8 and Valkey 8, from another release of Debian. */
export function otherServers(): Server[] {
  return ['redis-server', 'valkey-server'].map((name) => server(debianServer('trixie', name, cache), name));
}

function server(path: string, name: string): Server {
  const version = /v=(\S+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'with-redis-matrix-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  symlinkSync(path, join(folder, 'redis-server'));
  return { description: `${name} ${version}`, folder };
}

/** What a child needs to run on that Node, against that server. */
export function environment({ node }: Runtime, server: Server): NodeJS.ProcessEnv {
  const path = [server.folder, dirname(node), process.env.PATH].join(':');
  return { ...process.env, PATH: path, npm_node_execpath: node };
}
