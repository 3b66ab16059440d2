import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildProgram, compileProgram } from '../../support/child-program.js';
import { useServer } from '../../support/harness.js';
import { type MuteServer, startMuteServer } from '../../support/mute-server.js';

const KINDS = [
  { kind: 'fresh', options: {} },
  { kind: 'pooled', options: { pool: true } },
  { kind: 'shared', options: { pool: true, isolation: 'shared' } },
  { kind: 'auto', options: { pool: true, isolation: 'auto' } },
] as const;

/** Cases of program.ts. Node's defaults hold there: what nobody handles ends the process and is printed. */
const CASES = [
  'refused',
  'mute',
  'killed',
  'forgotten commands',
  'a forgotten script that the server has never seen',
  'forgotten scan streams',
  'an abort storm',
  'functions that throw nothing, at once and later',
  'hooks that throw and reject',
  'SUBSCRIBE in capitals',
  'errors of the server in every form',
  'a client of a factory that fails and one that comes late',
];

describe.each(KINDS)('nothing escapes to the process, $kind', ({ options }) => {
  const redis = useServer();
  let program: ChildProgram;
  let mute: MuteServer;
  beforeAll(async () => {
    mute = await startMuteServer();
    program = await compileProgram(fileURLToPath(new URL('program.ts', import.meta.url)));
  });
  afterAll(async () => {
    await program.remove();
    await mute.close();
  });

  it.concurrent.each(CASES)('%s', async (name) => {
    const url = name === 'mute' ? mute.url : redis.url;
    const { said, ...rest } = await program.run([name, url, JSON.stringify(options)]);
    expect(rest).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    expect(said).toContainEqual({ done: name });
    if (name === 'SUBSCRIBE in capitals') expect(said).toContainEqual({ heard: ['hello'] });
    if (name.startsWith('functions')) expect(said).toContainEqual({ thrown: [[null], [null], [null]] });
  });

  it('and nothing is left on any server', async () => {
    expect(await redis.clients()).toEqual([]);
    expect(mute.open).toBe(0);
  });
});
