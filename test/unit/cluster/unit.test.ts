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
    unit.first?.written();
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
