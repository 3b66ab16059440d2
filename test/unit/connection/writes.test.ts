import { beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../src/connection/client.js';
import type { Effect } from '../../../src/connection/command-rules.js';
import { Writes } from '../../../src/connection/writes.js';
import { defer } from '../../../src/core/outcome.js';

const reply = (message: string, more: object = {}) =>
  Object.assign(new Error(message), { name: 'ReplyError', ...more });
const readOnly = reply("READONLY You can't write against a read only replica.");
const aborted = () => reply('EXECABORT Transaction discarded because of previous errors.');

let writes: Writes;
beforeEach(() => {
  writes = new Writes();
});

/** Sends a command and answers it. */
async function answered(name: string, effect: Effect, answer: unknown): Promise<void> {
  const { promise, resolve, reject } = defer<unknown>();
  promise.catch(() => {});
  writes.note({ name, promise } as unknown as Command, effect);
  if (answer instanceof Error) reject(answer);
  else resolve(answer);
  await Promise.allSettled([promise]);
}

const multi = (answer: unknown = 'OK') => answered('multi', 'multi', answer);
const exec = (answer: unknown) => answered('exec', 'exec', answer);
const set = (answer: unknown) => answered('set', 'none', answer);

describe('what was refused as a whole', () => {
  it('a transaction of which one command was refused, whatever others were told', async () => {
    const error = aborted();
    await multi();
    await set('QUEUED');
    await set(readOnly);
    await exec(error);
    expect(writes.undoneBy(error)).toBe(true);
    expect(writes.undoneBy(readOnly)).toBe(true);
  });

  it('EXEC that says what of', async () => {
    const error = reply('EXECABORT Transaction discarded because of: LOADING Redis is loading');
    await multi();
    await set('QUEUED');
    await exec(error);
    expect(writes.undoneBy(error)).toBe(true);
  });

  it('not a transaction with a mistake of the caller', async () => {
    const error = aborted();
    await multi();
    await set(reply('ERR wrong number of arguments'));
    await exec(error);
    expect(writes.undoneBy(error)).toBe(false);
  });
});

describe('what was done, whatever came after', () => {
  it('a write whose reply is the text QUEUED', async () => {
    await set('QUEUED');
    expect(writes.undoneBy(readOnly)).toBe(false);
  });

  it('a transaction, of which some were refused when it was executed', async () => {
    await multi();
    await set('QUEUED');
    await exec(['OK', readOnly]);
    expect(writes.undoneBy(readOnly)).toBe(false);
  });

  it('what follows a MULTI that was refused', async () => {
    await multi(reply('NOPERM this user has no permissions'));
    await set('OK');
    await exec(reply('ERR EXEC without MULTI'));
    expect(writes.undoneBy(readOnly)).toBe(false);
  });

  it('a script that failed half way', async () => {
    await answered('eval', 'none', reply('ERR value is not an integer script: 1a2b, on @user_script:1.'));
    expect(writes.undoneBy(readOnly)).toBe(false);
  });

  it('a script that was refused in words which do not tell whether it had begun', async () => {
    for (const name of ['eval', 'EVALSHA', 'fcall']) {
      const refused = reply("OOM command not allowed when used memory > 'maxmemory'.", { command: { name } });
      writes = new Writes();
      await answered(name, 'none', refused);
      expect(writes.undoneBy(refused)).toBe(false);
    }
  });
});

it('what was discarded or ran into a conflict was not done', async () => {
  await multi();
  await set('QUEUED');
  await answered('discard', 'exec', 'OK');
  await multi();
  await set('QUEUED');
  await exec(null);
  expect(writes.undoneBy(readOnly)).toBe(true);
});

it('a command that got no reply may have been done', async () => {
  await set(new Error('Connection is closed.'));
  expect(writes.undoneBy(readOnly)).toBe(false);
});
