import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundled } from './bundlers.js';
import type { Place } from './place.js';
import { install, nodeRuntime, versionOf } from './runtimes.js';

const node = process.execPath;

/** What somebody may have instead of npm and Node, newest releases of the registry. */
export function places(): readonly Place[] {
  const platform = `${process.platform}-${process.arch}`;
  const bun = install(`@oven/bun-${platform}`, 'latest');
  const deno = install(`@deno/${platform}${process.platform === 'linux' ? '-glibc' : ''}`, 'latest');
  const [pnpm, yarn] = [install('pnpm', '10'), install('@yarnpkg/cli-dist', 'latest')];
  const [node24, node26] = [nodeRuntime(24), nodeRuntime(26)];
  return [
    { name: `npm, Node ${process.versions.node}`, prepare: byNpm, command: () => [node] },
    { name: `pnpm ${versionOf(pnpm)}`, prepare: byPnpm(join(pnpm, 'bin/pnpm.cjs')), command: () => [node] },
    yarnPnp(join(yarn, 'bin/yarn.js'), versionOf(yarn)),
    { name: `Bun ${versionOf(bun)}`, prepare: byNpm, command: () => [join(bun, 'bin/bun')] },
    {
      name: `Deno ${versionOf(deno)}`,
      prepare: byNpm,
      command: () => [join(deno, 'deno'), 'run', '--allow-all'],
    },
    {
      name: `Node ${node24.version}, --permission`,
      prepare: byNpm,
      command: (folder) => [node24.node, '--permission', `--allow-fs-read=${folder}`],
    },
    {
      name: `Node ${node26.version}, --permission --allow-net`,
      prepare: byNpm,
      command: (folder) => [node26.node, '--permission', '--allow-net', `--allow-fs-read=${folder}`],
    },
    ...bundled(byNpm),
  ];
}

export async function byNpm(folder: string, tarball: string, ioredis: string): Promise<void> {
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await run(['npm', 'install', ...flags, tarball, `ioredis@${ioredis}`], folder);
}

function byPnpm(pnpm: string): Place['prepare'] {
  return (folder, tarball, ioredis) => run([node, pnpm, 'add', tarball, `ioredis@${ioredis}`], folder);
}

/** No node_modules: every import goes through Yarn. */
function yarnPnp(yarn: string, version: string): Place {
  return {
    name: `Yarn ${version}, Plug'n'Play`,
    prepare: async (folder, tarball, ioredis) => {
      const settings = ['nodeLinker: pnp', 'enableTelemetry: false', 'enableGlobalCache: false'];
      await writeFile(join(folder, '.yarnrc.yml'), `${settings.join('\n')}\n`);
      await writeFile(join(folder, 'yarn.lock'), '');
      await run([node, yarn, 'add', `with-redis@file:${tarball}`, `ioredis@${ioredis}`], folder);
    },
    command: () => [node, yarn, 'node'],
  };
}

function run([command, ...args]: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command as string, args, { cwd, timeout: 180_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`));
      else resolve();
    });
  });
}
