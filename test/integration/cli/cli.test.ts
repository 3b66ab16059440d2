import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildProgram, compileProgram } from '../../support/child-program.js';
import { eventually, useServer } from '../../support/harness.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const getters = here('services/getters.mjs');
const sample = readFileSync(here('../../../bench/demo/sample.json'), 'utf8');

/** All control characters but the end of a line, and what turns the direction of text. */
const escapes = /[^\P{Cc}\n]|\p{Cf}/u;

const target = useServer();
let program: ChildProgram;
let folder: string;

beforeAll(async () => {
  program = await compileProgram(here('../../../src/cli/main.ts'));
  folder = mkdtempSync(join(tmpdir(), 'with-redis-cli-'));
});
afterAll(async () => {
  await program.remove();
  rmSync(folder, { recursive: true });
});

interface Settings {
  /** Default: the server of this file. */
  readonly url?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

async function run(args: readonly string[], { url = target.url, env = {} }: Settings = {}) {
  const clean = {
    NO_COLOR: undefined,
    FORCE_COLOR: undefined,
    CI: undefined,
    TMPDIR: folder,
    REDIS_URL: url,
  };
  const { code, stdout, stderr } = await program.run(args, { env: { ...clean, ...env }, boundMs: 30_000 });
  return { code, stdout, stderr };
}

const leakcheck = (name: string, ...flags: readonly string[]) =>
  run(['leakcheck', `${getters}#${name}`, '--calls', '30', '--settle', '0.3', ...flags]);

describe('the bin', () => {
  it('says how it is used', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: with-redis <command>/);
    for (const name of ['leakcheck', 'clients', 'dashboard']) {
      expect(stdout).toContain(`  ${name} `);
      const help = await run([name, '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: with-redis ${name}`);
      expect(Math.max(...help.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    }
  });

  it('says its version', async () => {
    const { code, stdout } = await run(['--version']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    [['bogus'], 'unknown command "bogus"'],
    [['leakcheck'], 'which function?'],
    [['leakcheck', './nowhere.js#get'], 'there is no file ./nowhere.js'],
    [['leakcheck', `${getters}#`], 'is not of the form'],
    [['leakcheck', getters, 'more'], 'unexpected argument "more"'],
    [['leakcheck', `${getters}#missing`], 'exports no function missing; it has'],
    [['leakcheck', `${getters}#number`], 'number of '],
    [['leakcheck', getters, '--cals', '3'], "Unknown option '--cals'"],
    [['leakcheck', getters, '--calls', 'x'], '--calls takes a whole number of at least 1; received "x"'],
    [['leakcheck', getters, '--warmup=-1'], '--warmup takes a whole number of at least 0'],
    [['leakcheck', getters, '--settle', '0'], '--settle takes a number of seconds'],
    [['leakcheck', getters, '--url', 'http://x'], 'must be a valid redis:// or rediss:// URL'],
    [['leakcheck', here('services/typed.ts')], 'set NODE_OPTIONS="--import tsx"'],
    [['leakcheck', here('cli.test.ts').replace('cli.test.ts', 'services')], 'cannot load'],
    [['clients', '--watch', 'often'], '--watch takes a number of seconds'],
    [['clients', '--watch', '3000000'], '--watch takes a number of seconds, more than 0 and at most 2147483'],
    [['clients', 'more'], 'unexpected argument "more"'],
    [['clients', '--url', 'redis://127.0.0.1:1'], 'Could not connect to 127.0.0.1:1'],
    [['dashboard', '--url', 'redis://127.0.0.1:1'], 'Could not connect to 127.0.0.1:1'],
    [['leakcheck', getters, '--url', 'redis://127.0.0.1:1'], 'Could not connect to 127.0.0.1:1'],
  ])('answers %j with one line and exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^with-redis: .*\n$/);
    expect(stderr).toContain(message);
    if (stderr.includes('--help')) {
      const command = args[0] === 'bogus' ? '' : `${args[0]} `;
      expect(stderr).toContain(`(see with-redis ${command}--help)`);
    }
  });

  const secret = 'redis://:s3cretpass@h';

  it.each([
    [[secret], 'unknown command a URL, which goes into --url or REDIS_URL'],
    [['clients', secret], 'unexpected argument a URL, which goes into --url or REDIS_URL'],
    [['clients', 'redis:s3cretpass@h'], 'unexpected argument a URL'],
    [['clients', `"${secret}"`], 'unexpected argument a URL'],
    [['clients', `--${secret}`], 'unknown option, with a URL'],
    [
      ['clients', '--watch', secret],
      '--watch takes a number of seconds, more than 0 and at most 2147483; received a URL',
    ],
    [['dashboard', secret], 'unexpected argument a URL'],
    [['leakcheck', secret], 'which function? Such as ./service.js#getDashboard; received a URL'],
    [['leakcheck', `${secret}#`], 'which function?'],
    [['leakcheck', getters, secret], 'unexpected argument a URL'],
    [['leakcheck', getters, '--calls', secret], '--calls takes a whole number of at least 1; received a URL'],
    [['leakcheck', getters, '--settle', secret], 'received a URL'],
    [['leakcheck', getters, '--svg', secret], '--svg takes a file; received a URL'],
  ])('names a URL in the wrong place, and does not show it: %j', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('s3cret');
  });

  it.each(['clients', 'dashboard'])('needs a server for %s', async (command) => {
    const { code, stderr } = await run([command], { url: '' });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('use --url or set REDIS_URL'),
    });
  });
});

describe('leakcheck', () => {
  it('finds a leak, draws it, and names the line', async () => {
    const svg = join(folder, 'leak.svg');
    const { code, stdout, stderr } = await leakcheck('leaking', '--svg', svg);
    expect(code).toBe(1);
    expect(stdout).toContain('the service talks');
    expect(stdout).toMatch(/^50 │ +[▁▂].*█$/m);
    expect(stdout).toMatch(/^LEAK: 30 connections stayed open after 30 calls \(1 per call\)$/m);
    expect(stdout).toContain(`30 to 127.0.0.1:${target.server.port} opened at leaking (${getters}:5:`);
    expect(stdout).toMatch(/^the warm-up of 20 calls opened 20 connections$/m);
    expect(stdout + stderr).not.toContain('\u001b');
    expect(stderr).toMatch(/^8\/30 calls, \d+ open\n16\/30 .*\n24\/30 .*\n30\/30 calls, 50 open\n$/);
    const picture = readFileSync(svg, 'utf8');
    expect(picture).toContain('>leaking: 30 connections stayed open after 30 calls (1 per call)</text>');
    expect(picture).toContain('>the warm-up of 20 calls ends</text>');
    expect(picture).toContain('>open: 50</text>');
  });

  it('finds none, also in the default export', async () => {
    for (const file of [getters, `${getters}#closing`]) {
      const { code, stdout } = await run(['leakcheck', file, '--calls', '20']);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^no leak in 20 calls$/m) });
    }
  });

  it('loads CommonJS', async () => {
    const { stdout } = await run(['leakcheck', `${here('services/old.cjs')}#getPrice`, '--calls', '5']);
    expect(stdout).toMatch(/^inconclusive: no call opened a connection/m);
  });

  it('loads TypeScript where Node has been told how', async () => {
    const env = { NODE_OPTIONS: '--import tsx' };
    const { stdout } = await run(['leakcheck', `${here('services/typed.ts')}#getPrice`, '--calls', '5'], {
      env,
    });
    expect(stdout).toMatch(/^inconclusive: no call opened a connection/m);
  });

  it('writes nothing but JSON to stdout with --json', async () => {
    const { code, stdout, stderr } = await leakcheck('leaking', '--json');
    expect(code).toBe(1);
    expect(stderr).toContain('the service talks');
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ ok: false, perCall: 1, calls: 30, errors: { count: 0, first: null } });
    expect(report.leaked[0]).toMatchObject({ confirmed: true, stack: expect.stringContaining(getters) });
  });

  it('counts calls that fail, and goes on', async () => {
    const { code, stdout } = await leakcheck('failingOften');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^15 of 30 calls failed, the first with Error: bad$/m);
  });

  it.each([
    ['failing', 'every call failed, the first with Error: bad'],
    ['broken', 'every call failed, the first with Error: not configured'],
    ['idle', 'no call opened a connection, or used one'],
  ])('takes calls of a function that is %s for no proof', async (name, reason) => {
    const { code, stdout } = await leakcheck(name);
    expect(code).toBe(2);
    expect(stdout).toContain(`\ninconclusive: ${reason}\n`);
  });

  it('says that a function is called without arguments', async () => {
    const { stdout } = await leakcheck('wanting');
    expect(stdout).toMatch(/^the function takes 1 argument and is called without any: wrap it/m);
  });

  it.each([
    ['throwing', [], 'with-redis: the service threw outside of a call: too late\n'],
    ['leaving', [], 'with-redis: the service ended the process before the check was done'],
    ['hanging', ['--deadline', '0.2'], 'the deadline of 200 ms was over: 0 of 10 calls had ended'],
  ])('does not take the end of a function that is %s for a verdict', async (name, flags, message) => {
    const { code, stdout, stderr } = await leakcheck(name, ...flags);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(message);
  });

  it('tells where a service dials that does not heed REDIS_URL', async () => {
    const { code, stdout } = await leakcheck('stubborn', '--deadline', '0.5');
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /^no dial went to the server of the check, .*, but to 127\.0\.0\.1:1 \(\d+\): does it read/m,
    );
  });

  it('tells on Ctrl-C what it has found', async () => {
    const child = program.start(
      ['leakcheck', `${getters}#leakingSlowly`, '--settle', '0.05', '--calls', '100000'],
      {
        env: { REDIS_URL: target.url },
        boundMs: 60_000,
      },
    );
    await eventually(target.clients, (rows) => rows.length > 200, 30_000);
    child.process.kill('SIGINT');
    const { code, stdout } = await child.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^LEAK: \d+ connections stayed open/m);
    expect(stdout).toContain(`opened at leakingSlowly (${getters}:`);
  });

  it('writes all of its JSON into a pipe whose reader takes its time', () => {
    const words = [
      process.execPath,
      program.file,
      'leakcheck',
      `${getters}#leaking`,
      '--calls',
      '700',
      '--json',
    ];
    const text = execFileSync('sh', ['-c', `${words.join(' ')} --settle 0.1 | (sleep 2; cat)`], {
      encoding: 'utf8',
      maxBuffer: 10_000_000,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, REDIS_URL: target.url },
    });
    expect(text.length).toBeGreaterThan(140_000);
    expect(JSON.parse(text)).toMatchObject({ verdict: 'leak', calls: 700 });
  });

  it('shows names and errors of a service without their escape sequences', async () => {
    const svg = join(folder, 'painted.svg');
    const { stdout, stderr } = await leakcheck('painted', '--svg', svg);
    expect(stdout).toContain('calls failed, the first with Error: \\u{1b}[31mred\\u{7}');
    expect(stdout).toContain('at \\u{1b}]0;title\\u{7} (');
    expect(stdout + stderr + readFileSync(svg, 'utf8')).not.toMatch(escapes);
    const odd = join(folder, '\u001b[31mred\u0001.mjs');
    copyFileSync(getters, odd);
    const { stdout: text } = await run(['leakcheck', odd, '--calls', '5', '--svg', svg]);
    expect(text + readFileSync(svg, 'utf8')).not.toMatch(escapes);
  });

  it('starts a server of its own where none is given, and ends it', async () => {
    const { code, stdout } = await run(['leakcheck', `${getters}#leaking`, '--calls', '25'], { url: '' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^LEAK: 25 connections/m);
    expect(ownServers()).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends its own server on %s', async (signal) => {
    const child = program.start(['leakcheck', `${getters}#hanging`], {
      env: { REDIS_URL: '', TMPDIR: folder },
    });
    await eventually(ownServers, (folders) => folders.length === 1, 10_000);
    child.process.kill(signal);
    expect((await child.ended).code).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
    expect(ownServers()).toEqual([]);
  });

  it('says so where it cannot start a server', async () => {
    const { code, stderr } = await run(['leakcheck', getters], { url: '', env: { PATH: folder } });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/none of redis-server, .* PATH/),
    });
  });

  /** Folders of servers that it has started. */
  function ownServers(): string[] {
    return readdirSync(folder).filter((name) => name.startsWith(`with-redis-leakcheck-`));
  }
});

describe('on a terminal', () => {
  const green = '\u001b[32m';
  const hasScript = spawnSync('script', ['--version']).status === 0;

  it.runIf(hasScript)('leakcheck draws a bar in colour, and only there', () => {
    const words = [process.execPath, program.file, 'leakcheck', `${getters}#closing`, '--calls', '30'];
    const onTerminal = (env: NodeJS.ProcessEnv) =>
      execFileSync('script', ['-qec', `stty cols 100; ${words.join(' ')}`, '/dev/null'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { PATH: process.env.PATH, TERM: 'xterm', REDIS_URL: target.url, ...env },
      });
    const shown = onTerminal({});
    expect(shown).toMatch(/█+.*30\/30 calls, \d+ open/);
    expect(shown).toContain(`${green}no leak in 30 calls`);
    expect(onTerminal({ NO_COLOR: '1' })).not.toContain(green);
    expect(onTerminal({ CI: '1' })).toContain('24/30 calls');
  });

  it('colours can be forced into a pipe', async () => {
    const { stdout } = await run(['leakcheck', getters, '--calls', '5'], { env: { FORCE_COLOR: '1' } });
    expect(stdout).toContain(`${green}no leak`);
  });
});

describe('clients', () => {
  it('groups connections by name and address, and tells the headroom', async () => {
    await target.observer.command('CLIENT', 'SETNAME', 'witness');
    const { code, stdout } = await run(['clients']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^NAME +ADDRESS +CONNECTIONS +AGE +IDLE\nwitness +127\.0\.0\.1 +1 +\d+ s +\d+ s\n/,
    );
    expect(stdout).toMatch(/\n1 client of 10000 \(maxclients\): room for 9999 more\n$/);
  });

  it('answers as JSON, again and again with --watch', async () => {
    const once = JSON.parse((await run(['clients', '--json'])).stdout);
    expect(once).toMatchObject({ connected: 1, maxclients: 10_000, groups: [{ connections: 1 }] });
    const child = program.start(['clients', '--json', '--watch', '0.02', '--url', target.url]);
    let text = '';
    child.process.stdout!.on('data', (chunk) => {
      text += chunk;
    });
    await eventually(
      () => text.split('\n').length,
      (lines) => lines > 3,
      10_000,
    );
    child.process.kill('SIGINT');
    expect((await child.ended).signal).toBe('SIGINT');
    for (const line of text.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ connected: 1 });
  });
});

describe('dashboard', () => {
  it('shows data without its escape sequences', async () => {
    const painted = JSON.stringify({
      ...JSON.parse(sample),
      source: '\u001b[31mred',
    });
    await target.observer.command('SET', 'painted', painted);
    const { stdout } = await run(['dashboard', '--key', 'painted']);
    expect(stdout).toContain('from \\u{1b}[31mred (');
    expect(stdout).not.toMatch(escapes);
  });

  it('says of data that is too deep for JSON that it is, without a stack', async () => {
    const deep = `{"btc":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    await target.observer.command('SET', 'deep', deep);
    const asJson = await run(['dashboard', '--key', 'deep', '--json']);
    expect(asJson).toMatchObject({ code: 2, stdout: '' });
    expect(asJson.stderr).toMatch(/^with-redis: the data is nested too deeply for --json .*\n$/);
  });

  it('shows what the getter answers', async () => {
    expect(await run(['dashboard'])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('absent or empty'),
    });
    expect(await run(['dashboard', '--json'])).toMatchObject({ code: 1, stdout: 'null\n' });
    await target.observer.command('SET', 'markets', sample);
    const shown = await run(['dashboard', '--key', 'markets']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^BTC +97,412\.65 +-2\.18 %$/m);
    const { stdout } = await run(['dashboard', '--key', 'markets', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ btc_price: 97_412.65 });
  });
});
