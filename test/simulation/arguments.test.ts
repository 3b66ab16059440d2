import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.js';

const NOW = 1_000;

it('gives each worker seeds of its own and its share of the scopes', () => {
  const { seed, workers, major, of } = readArguments(['--seed', '7', '--scopes', '5', '--workers', '2'], NOW);
  expect([seed, workers, major]).toEqual([7, 2, 6]);
  expect(of(0)).toEqual(['--seed', '7', '--scopes', '3']);
  expect(of(1)).toEqual(['--seed', String(7 + 2 ** 32), '--scopes', '3']);
});

it('ends after 100,000 scopes where nothing else ends it', () => {
  expect(readArguments([], NOW).of(0)).toEqual(['--seed', '1000', '--scopes', '100000']);
  expect(readArguments(['--minutes', '0.5'], NOW).of(0)).toEqual(['--seed', '1000', '--minutes', '0.5']);
  expect(readArguments(['--program', '9'], NOW).of(0)).toEqual(['--seed', '1000', '--program', '9']);
});

it('runs a program or a plan once, whatever is said of workers', () => {
  expect(readArguments(['--program', '1', '--workers', '2'], NOW).workers).toBe(1);
  expect(readArguments(['--plan', '{}', '--workers', '2'], NOW).workers).toBe(1);
});

describe('refuses what would run for ever, or do something else, by name', () => {
  it.each([
    ['--seed', 'abc'],
    ['--seed', '-1'],
    ['--seed', '1e300'],
    ['--scopes', '0'],
    ['--scopes', 'many'],
    ['--minutes', 'no'],
    ['--minutes', '0'],
    ['--workers', '0'],
    ['--ioredis', '7'],
    ['--program', ''],
    ['--address', 'clustr'],
    ['--without', 'unwriteable'],
  ])('%s %s', (name, value) => {
    expect(() => readArguments([`${name}=${value}`], NOW)).toThrow(`${name} must be `);
  });

  it('an unknown option, a pattern that is none, and a plan that cannot be read', () => {
    expect(() => readArguments(['--seeds', '1'], NOW)).toThrow('--seeds');
    expect(() => readArguments(['--tolerate', '('], NOW)).toThrow('Invalid regular expression');
    expect(() => readArguments(['--plan', 'no-such-file'], NOW)).toThrow('ENOENT');
    expect(() => readArguments(['--plan', '{'], NOW)).toThrow('JSON');
  });
});
