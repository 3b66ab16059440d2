import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where and with what the figures were measured. */
export interface Environment {
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly system: string;
    /** Runnable processes, mean of the last minute, before the bench began: anything above 0.5 is somebody else's work. */
    readonly loadBefore: number;
  };
  readonly versions: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);

export function readEnvironment(server: string): Environment {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()} ${arch()}`,
      loadBefore: Math.round(loadavg()[0]! * 100) / 100,
    },
    versions: {
      'with-redis': ownVersion(),
      node: process.versions.node,
      server,
      ioredis: versionOf('ioredis'),
      'generic-pool': versionOf('generic-pool'),
      tarn: versionOf('tarn'),
      'node-redis': versionOf('redis'),
    },
  };
}

/** Figures of one environment can stand in one table. */
export function sameEnvironment(one: Environment, other: Environment): boolean {
  const essence = ({ versions, machine: { cpu, cores, system } }: Environment) => {
    // Our own version changes with each commit; each scenario has its date.
    return JSON.stringify({ ...versions, 'with-redis': '', cpu, cores, system });
  };
  return essence(one) === essence(other);
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}

function ownVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const commit = git('rev-parse', '--short', 'HEAD');
  if (!commit) return version;
  const edited = git('status', '--porcelain', '--', 'src') ? ', edited since' : '';
  return `${version} (${commit}${edited})`;
}

function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
