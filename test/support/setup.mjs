/**
 * Makes a bare checkout ready: node_modules, and a Redis server to test against.
 * Plain JavaScript on Node's own modules, since it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync, utimesSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const serverNames = ['redis-server', 'valkey-server'];
const redisUrlIsEnough = process.argv.includes('--redis-url-is-enough');

/** npm rewrites this file at every install; it dates what node_modules holds. */
const installStamp = join(root, 'node_modules', '.package-lock.json');

function say(text) {
  console.log(`setup: ${text}`);
}

function fail(text) {
  console.error(`setup: ${text}`);
  process.exit(1);
}

function run(command, args, env = {}) {
  const outcome = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return {
    ok: outcome.status === 0,
    output: `${outcome.stdout ?? ''}${outcome.stderr ?? ''}`.trim(),
  };
}

function modulesAreCurrent() {
  if (!existsSync(installStamp)) return false;
  const lock = join(root, 'package-lock.json');
  return !existsSync(lock) || statSync(lock).mtimeMs <= statSync(installStamp).mtimeMs;
}

/** Under `npm run` npm's own script is known, which also spares Windows its `npm.cmd`. */
function npm(args) {
  const script = process.env.npm_execpath;
  return script?.endsWith('npm-cli.js') ? run(process.execPath, [script, ...args]) : run('npm', args);
}

function installModules() {
  say('npm ci');
  const outcome = npm(['ci', '--no-audit', '--no-fund', '--include=dev']);
  if (!outcome.ok) fail(`npm ci failed\n${outcome.output}`);
  if (existsSync(installStamp)) utimesSync(installStamp, new Date(), new Date());
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function serverIsInstalled() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.some((folder) => serverNames.some((name) => isExecutable(join(folder, name))));
}

/** The words to put before a command that needs root; undefined where root cannot be had without asking. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return run('sudo', ['-n', 'true']).ok ? ['sudo', '-n'] : undefined;
}

/** RUNLEVEL=1 keeps Debian from starting its own service on port 6379. */
function aptGet(prefix, args) {
  const settings = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const [command, ...rest] = [
    ...prefix,
    ...settings,
    'apt-get',
    '-qq',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...args,
  ];
  return run(command, rest);
}

function installServer() {
  const prefix = process.platform === 'linux' && run('apt-get', ['--version']).ok ? rootPrefix() : undefined;
  if (prefix === undefined) {
    fail(
      'no redis-server or valkey-server in PATH. Install one: `apt-get install redis-server`, ' +
        '`brew install redis`, `apk add redis`, or `dnf install valkey`.' +
        (redisUrlIsEnough ? ' Or set REDIS_URL to a server that runs already.' : ''),
    );
  }
  say('apt-get install redis-server');
  // A failed update can still leave usable lists: only the install decides.
  const update = aptGet(prefix, ['update']);
  const install = aptGet(prefix, ['install', '-y', '--no-install-recommends', 'redis-server']);
  if (!install.ok || !serverIsInstalled()) {
    fail(`apt-get could not install redis-server; install it by hand\n${update.output}\n${install.output}`);
  }
}

if (!modulesAreCurrent()) installModules();
if (!(redisUrlIsEnough && process.env.REDIS_URL) && !serverIsInstalled()) installServer();
