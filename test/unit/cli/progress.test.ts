import { expect, test } from 'vitest';
import { createProgress } from '../../../src/cli/progress.js';

function intoPipe() {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  const output = { isTTY: false, write };
  return { progress: createProgress(output as never), text: () => text };
}

test('more calls than asked for are told when they begin', () => {
  const { progress, text } = intoPipe();
  for (let done = 1; done <= 4; done += 1) progress.update({ done, calls: 4, open: done });
  progress.update({ done: 5, calls: 8, open: 5 });
  expect(text()).toContain('4/4 calls, 4 open\n4 calls left a doubt: more are made, 8 in all\n');
});

test('one is not many', () => {
  const { progress, text } = intoPipe();
  progress.update({ done: 1, calls: 1, open: 1 });
  expect(text()).toBe('1/1 call, 1 open\n');
  expect(progress.tell()).toBe(' (1 of 1 call, 1 connection open)');
});
