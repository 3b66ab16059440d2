import { expect, it } from 'vitest';
import { readLeakCheckOptions } from '../../../src/testing/options.js';
import { fitInto, isRefusedForRoom, mostOpen } from '../../../src/testing/room.js';

const settings = readLeakCheckOptions();

it.each([
  [Number.POSITIVE_INFINITY, 10, 20],
  [10_000, 10, 20],
  [75, 10, 20],
  [29, 3, 6],
  [6, 1, 2],
  [1, 1, 2],
])('a server with room for %d lets a leak show before it is full', (room, concurrency, warmup) => {
  const fitted = fitInto(room, settings);
  expect([fitted.concurrency, fitted.warmup]).toEqual([concurrency, warmup]);
  // What is left after the warm-up is more than a pool would have from so many calls at once.
  if (room > 6) expect(mostOpen(room) - warmup).toBeGreaterThan(2 * concurrency);
});

it('knows the answer of a server that is full, wherever it stands', () => {
  const full = new Error('ERR max number of clients reached');
  expect(isRefusedForRoom(full)).toBe(true);
  expect(isRefusedForRoom(new Error('Connection is closed.', { cause: full }))).toBe(true);
  expect(isRefusedForRoom(new Error('WRONGTYPE'))).toBe(false);
  expect(isRefusedForRoom('ERR max number of clients reached')).toBe(false);
});

it('looks into whatever was thrown, and ends', () => {
  const own = new Error('its own cause');
  own.cause = own;
  expect(isRefusedForRoom(own)).toBe(false);
  const secretive = Object.defineProperty(new Error(), 'message', {
    get: () => {
      throw new Error('not yours');
    },
  });
  expect(isRefusedForRoom(secretive)).toBe(false);
});
