import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packPackage } from './packed-package.js';

const fixtures = fileURLToPath(new URL('../package/consumer', import.meta.url));
const isWindows = process.platform === 'win32';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody else's project: the tarball, one version of ioredis, and the files of `test/package/consumer`. */
export interface ConsumerProject {
  readonly folder: string;
  /** Runs Node in the project. */
  node(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  write(file: string, content: object): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** Removes everything that was installed. */
  uninstall(): Promise<void>;
  remove(): Promise<void>;
}

/** `packages` are what `npm install` takes besides the tarball, such as `ioredis@6.0.0`. */
export async function createConsumerProject(packages: readonly string[]): Promise<ConsumerProject> {
  const { tarball } = await packPackage();
  const folder = await mkdtemp(join(tmpdir(), 'with-redis-consumer-'));
  const write = (file: string, content: object) => writeFile(join(folder, file), JSON.stringify(content));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await cp(fixtures, folder, { recursive: true });
    await write('package.json', { name: 'consumer', private: true });
    const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--strict-peer-deps'];
    const installed = await run('npm', ['install', ...flags, tarball, ...packages], folder);
    if (installed.status !== 0) throw new Error(`npm install failed\n${installed.stdout}${installed.stderr}`);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    folder,
    node: (args, env) => run(process.execPath, args, folder, env),
    write,
    copy: (from, to) => cp(join(folder, from), join(folder, to)),
    uninstall: () => rm(join(folder, 'node_modules'), { recursive: true }),
    remove,
  };
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const options = {
    cwd,
    env: { ...process.env, ...env },
    timeout: 60_000,
    shell: isWindows && command === 'npm',
  };
  return new Promise((resolve) => {
    execFile(command, [...args], options, (error, stdout, stderr) => {
      const status = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ status, stdout, stderr });
    });
  });
}
