import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import {
  BLOCKING_BY_OPTION,
  BLOCKING_COMMANDS,
  HARMLESS_COMMANDS,
  READ_ONLY_COMMANDS,
} from '../../../src/connection/commands.js';
import { sharedUrl } from '../../support/harness.js';
import { observeRedis } from '../../support/redis-observer.js';

type Table = Record<string, { readonly flags: readonly string[] }>;
const table = createRequire(import.meta.url)('@ioredis/commands/built/commands.json') as Table;
const flagged = (flag: string) => Object.keys(table).filter((name) => table[name]?.flags.includes(flag));

it('knows the read-only commands of @ioredis/commands, all of them and no other', () => {
  expect([...READ_ONLY_COMMANDS].sort()).toEqual(flagged('readonly').sort());
});

it('knows the blocking commands of @ioredis/commands', () => {
  expect([...BLOCKING_COMMANDS].sort()).toEqual(
    flagged('blocking')
      .filter((name) => !BLOCKING_BY_OPTION.includes(name))
      .sort(),
  );
});

it('agrees with a real server on every command that it has', async () => {
  const observer = await observeRedis(sharedUrl());
  const rows = (await observer.command('COMMAND')) as unknown as [string, number, string[]][];
  await observer.close();
  const flags = new Map(rows.map(([name, , list]) => [name, list]));
  for (const name of READ_ONLY_COMMANDS) {
    if (flags.has(name)) expect(flags.get(name), name).toContain('readonly');
  }
  for (const name of HARMLESS_COMMANDS) {
    if (flags.has(name)) expect(flags.get(name), name).not.toContain('write');
  }
});
