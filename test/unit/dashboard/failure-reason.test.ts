import { expect, test } from 'vitest';
import { onOneLine, reasonOf } from '../../../src/dashboard/failure-reason.js';

test('the chain of causes is followed, and nothing is said twice', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
  const unconnected = new Error(`Could not connect: ${refused.message}`, { cause: refused });
  const timeout = new Error('No connection within 5000 ms', { cause: unconnected });
  expect(reasonOf(timeout)).toBe(
    'No connection within 5000 ms; cause: Could not connect: connect ECONNREFUSED 127.0.0.1:1',
  );
});

test('an error without a message is told by its code, else by its name', () => {
  expect(reasonOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  expect(reasonOf(new TypeError())).toBe('TypeError');
});

test.each([
  ['a string', 'a string'],
  [undefined, 'undefined was thrown'],
  [null, 'null was thrown'],
  [{ password: 'secret' }, 'object was thrown'],
  [Object.create(null), 'object was thrown'],
  [Symbol('x'), 'symbol was thrown'],
])('%o, which is no error, is told as %j', (thrown, reason) => {
  expect(reasonOf(thrown)).toBe(reason);
});

test('a chain that leads back to itself ends', () => {
  const error: Error = new Error('round');
  error.cause = new Error('and round', { cause: error });
  expect(reasonOf(error)).toBe('round; cause: and round');
});

test.each([
  ['cannot use redis://user:pa55@host:6379/0', 'cannot use redis://***@host:6379/0'],
  ['cannot use rediss://:pa/55@word@host and redis://host', 'cannot use rediss://***@host and redis://host'],
  [
    "ERR unknown command 'AUTH', with args beginning with: 'pa55' ",
    "ERR unknown command 'AUTH', with args that are not shown",
  ],
  [
    'ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `pa55`, ',
    'ERR unknown command `HELLO`, with args that are not shown',
  ],
])('no credential is told: %s', (message, reason) => {
  expect(reasonOf(new Error(message))).toBe(reason);
});

test('a reason is one line of bounded length', () => {
  expect(onOneLine('a\r\nb\u2028c\u0000d\t')).toBe('a b c d');
  expect(reasonOf(new Error('x'.repeat(10_000)))).toHaveLength(401);
});
