import { describe, expect, it } from 'vitest';
import { Generation } from '../../../src/connection/generation.js';
import { FakeClock } from '../../support/fake-clock.js';

const said = (message: string, name?: string) =>
  Object.assign(new Error(message), { name: 'ReplyError', ...(name && { command: { name, args: [] } }) });
const REPLICA = "READONLY You can't write against a read only replica.";

describe('the time under one master', () => {
  it.each([
    ['a command', said(REPLICA, 'set'), false],
    ['a command, in other words', said('READONLY not here', 'set'), false],
    ['a blocking command', said('UNBLOCKED force unblock, instance state changed', 'blpop'), false],
    ['a script, Redis 7', said(`${REPLICA} script: 0a1b, on @user_script:1.`, 'evalsha'), false],
    [
      'a script, Redis 6',
      said(`ERR Error running script (call to f_0a1b): @user_script:1: @user_script: 1: -${REPLICA}`, 'eval'),
      false,
    ],
    ['a script inside of a transaction', said(`${REPLICA} script: 0a1b, on @user_script:1.`), true],
  ])('ends with what a replica replies to %s', (_, error, executed) => {
    const generation = new Generation(new FakeClock());
    generation.judge(1, error, executed);
    expect(generation.current).toBe(2);
  });

  it.each([
    ['another error', said('ERR no such key', 'set'), false],
    ["a script's own words", said('READONLY the document is archived', 'evalsha'), false],
    ["a function's own words", said('READONLY the document is archived', 'fcall'), false],
    ["a script's own words inside of a transaction", said('READONLY the document is archived'), true],
    ['what is no reply', new Error(REPLICA), false],
  ])('does not end with %s', (_, error, executed) => {
    const generation = new Generation(new FakeClock());
    generation.judge(1, error, executed);
    expect(generation.current).toBe(1);
  });
});
