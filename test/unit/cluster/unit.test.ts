import { expect, it } from 'vitest';
import { Unit } from '../../../src/cluster/unit.js';
import type { Command } from '../../../src/connection/client.js';
import type { Rule } from '../../../src/connection/command-rules.js';

const moved = Object.assign(new Error('MOVED 1 10.0.0.1:7000'), { name: 'ReplyError' });

it('a command that was redirected has not been sent, until it is sent again or given up', () => {
  const refused: unknown[] = [];
  const command = { name: 'set', resolve: () => {}, reject: (error: unknown) => refused.push(error) };
  const unit = new Unit(false, { done: () => {} });
  const entry = unit.add(command as unknown as Command, { effect: 'none' } as Rule);
  const send = () => {
    unit.begin();
    unit.first?.entry.written({} as never);
  };
  send();
  expect(entry).toMatchObject({ status: 'in-doubt', open: true });
  command.reject(moved);
  expect(entry).toMatchObject({ status: 'not-sent', open: true });
  send();
  expect(entry).toMatchObject({ status: 'in-doubt', open: true });
  command.reject(moved);
  expect(refused).toEqual([]);
  unit.giveUp();
  expect(refused).toEqual([moved]);
  expect(entry).toMatchObject({ status: 'replied', open: false });
});

it.each(['multi', 'watch'] as const)(
  'what %s was for counts as begun, even where the server refused it',
  (name) => {
    const command = { name, resolve: () => {}, reject: (_error: unknown) => {} };
    const unit = new Unit(false, { done: () => {} });
    unit.add(command as unknown as Command, { effect: name } as Rule);
    unit.begin();
    command.reject(Object.assign(new Error('LOADING Redis is loading'), { name: 'ReplyError' }));
    expect(unit.answered).toMatchObject([{ effect: name }]);
  },
);

it('a WATCH that is redirected does not, until it is answered elsewhere', () => {
  const command = { name: 'watch', resolve: (_reply: unknown) => {}, reject: (_error: unknown) => {} };
  const unit = new Unit(false, { done: () => {} });
  unit.add(command as unknown as Command, { effect: 'watch' } as Rule);
  unit.begin();
  command.reject(moved);
  expect(unit.answered).toBeUndefined();
  unit.begin();
  command.resolve('OK');
  expect(unit.answered).toMatchObject([{ effect: 'watch' }]);
});
