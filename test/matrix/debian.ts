import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const mirror = 'http://deb.debian.org/debian';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * A server as a release of Debian has it, with every library that it needs, unpacked below a folder: nothing is installed,
 * and root is not needed. Returns a program
 * of that name, which the release's own loader runs.
 */
export function debianServer(suite: string, name: string, cache: string): string {
  const home = join(cache, `debian-${suite}-${name}`);
  const server = join(home, name);
  if (existsSync(server)) return server;
  const workshop = `${home}.${process.pid}`;
  try {
    mkdirSync(workshop, { recursive: true });
    unpack(download(suite, name, workshop), workshop);
    rmSync(home, { recursive: true, force: true });
    renameSync(workshop, home);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  writeFileSync(server, program(home, name), { mode: 0o755 });
  return server;
}

/** apt-get with a state of its own, in which no package is there yet. */
function download(suite: string, name: string, workshop: string): string {
  const at = (path: string) => join(workshop, 'apt', path);
  mkdirSync(at('state/lists/partial'), { recursive: true });
  mkdirSync(at('cache/archives/partial'), { recursive: true });
  writeFileSync(at('status'), '');
  writeFileSync(at('sources.list'), `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
  const places = {
    'Dir::State': at('state'),
    'Dir::State::status': at('status'),
    'Dir::Cache': at('cache'),
    'Dir::Etc::sourcelist': at('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    // Else a root that may not become `_apt` in that folder is warned.
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(places).flatMap(([option, value]) => ['-o', `${option}=${value}`]);
  const apt = (...args: string[]) => run('apt-get', [...options, '-qq', ...args]);
  apt('update');
  apt('install', '--yes', '--no-install-recommends', '--download-only', name);
  return at('cache/archives');
}

function unpack(archives: string, folder: string): void {
  for (const file of readdirSync(archives)) {
    if (file.endsWith('.deb')) run('dpkg-deb', ['--extract', join(archives, file), join(folder, 'root')]);
  }
}

function program(home: string, name: string): string {
  const root = join(home, 'root', 'usr');
  const loader = readdirSync(join(root, 'lib64')).find((file) => file.startsWith('ld-linux'));
  const libraries = readdirSync(join(root, 'lib')).find((file) => file.endsWith('-linux-gnu'));
  if (!loader || !libraries) throw new Error(`no loader or libraries in ${root}`);
  const line = [
    join(root, 'lib64', loader),
    '--library-path',
    join(root, 'lib', libraries),
    join(root, 'bin', name),
  ];
  return `#!/bin/sh\nexec ${line.map((word) => `'${word}'`).join(' ')} "$@"\n`;
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
}
