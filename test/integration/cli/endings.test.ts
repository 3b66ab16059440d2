import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ChildProgram, compileProgram } from '../../support/child-program.js';
import { eventually, useServer } from '../../support/harness.js';
import { startScriptedServer } from '../../support/scripted-server.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const getters = here('services/getters.mjs');

const target = useServer();
let program: ChildProgram;

beforeAll(async () => {
  program = await compileProgram(here('../../../src/cli/main.ts'));
});
afterAll(() => program.remove());

/** In a shell, as `$cli`. */
function shell(script: string) {
  const env = { PATH: process.env.PATH, REDIS_URL: target.url, cli: `${process.execPath} ${program.file}` };
  return spawnSync('bash', ['-c', script], { encoding: 'utf8', env, timeout: 30_000 });
}

describe('a reader who has gone', () => {
  it('ends a check, and nobody says that the service did', () => {
    const { stdout, stderr } = shell(
      `$cli leakcheck ${getters}#talking --calls 5000 | head -1; echo \${PIPESTATUS[0]}`,
    );
    expect(stdout).toBe('talking\n2\n');
    expect(stderr).not.toContain('the service ended');
  });

  it('of the progress alone leaves the answer to the other', () => {
    const { stdout } = shell(`$cli leakcheck ${getters}#closing --calls 400 2> >(head -1 > /dev/null)`);
    expect(stdout).toMatch(/^no leak in 400 calls$/m);
  });

  it.runIf(existsSync('/dev/full'))('or a disk that is full, is no success', () => {
    expect(shell('$cli clients > /dev/full').status).toBe(2);
  });
});

describe('what a service throws', () => {
  it.each(['throwing', 'throwingLater'])('may have no text: %s', async (name) => {
    const words = ['leakcheck', `${here('services/odd.mjs')}#${name}`, '--calls', '5', '--json'];
    const { code, stdout, stderr } = await program.run([...words, '--url', target.url], { boundMs: 30_000 });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'inconclusive' });
    expect(stderr).not.toContain('TypeError');
  });
});

describe('what ends a check early', () => {
  it('ends it before its first call without a stack', async () => {
    const server = await startScriptedServer(([name, what]) =>
      name === 'CLIENT' && !what?.startsWith('SET') ? undefined : '+OK\r\n',
    );
    onTestFinished(server.close);
    const child = program.start(['leakcheck', getters, '--url', server.url]);
    await eventually(
      () => server.commands.filter(([, what]) => what === 'ID').length,
      (asked) => asked > 0,
      10_000,
    );
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: 130, stdout: '', stderr: '' });
  });

  it('does not take what was found along with a picture that cannot be drawn', async () => {
    const { code, stdout, stderr } = await program.run(
      ['leakcheck', getters, '--calls', '5', '--url', target.url, '--svg', '/nowhere/leak.svg'],
      { boundMs: 30_000 },
    );
    expect(code).toBe(2);
    expect(stdout).toMatch(/^no leak in 5 calls$/m);
    expect(stderr).toContain('cannot write /nowhere/leak.svg');
  });
});

it('a user who may not ask who is connected is told so, in one line', async () => {
  await target.observer.command('ACL', 'SETUSER', 'guest', 'on', '>secret', '~*', '&*', '+@all', '-client');
  const url = target.url.replace('//', '//guest:secret@');
  for (const args of [['clients'], ['leakcheck', getters]]) {
    const { code, stdout, stderr } = await program.run([...args, '--url', url]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^with-redis: the server says NOPERM .*\n$/);
  }
});
