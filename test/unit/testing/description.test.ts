import { describe, expect, it } from 'vitest';
import { describePlaces, firstLineOf, headlineOf } from '../../../src/testing/description.js';
import type { LeakedConnection } from '../../../src/testing/report.js';

const leak = (state: LeakedConnection['state'], remote: string): LeakedConnection => ({
  state,
  remote,
  localPort: null,
  ageMs: 1,
  stack: 'at getter (/app/service.js:4:17)',
  confirmed: false,
});

describe('what leaks', () => {
  it('is told by what it is', () => {
    const leaked = [leak('open', 'redis:1'), leak('dialling', 'redis:1'), leak('dialling', '')];
    expect(headlineOf(leaked, 3, 1)).toBe(
      '1 connection stayed open and 1 client went on dialling and 1 timer or loop went on after 3 calls (1 per call)',
    );
    expect(describePlaces(leaked)).toEqual([
      '1 to redis:1 opened at getter (/app/service.js:4:17)',
      '1 dialling redis:1 since at getter (/app/service.js:4:17)',
      '1 with no connection so far, begun at getter (/app/service.js:4:17)',
    ]);
  });

  it('dials nowhere where it has never dialled', () => {
    const leaked = Array.from({ length: 60 }, () => leak('dialling', ''));
    expect(headlineOf(leaked, 60, 1)).toBe('60 timers or loops went on after 60 calls (1 per call)');
  });
});

describe('what a function threw', () => {
  it.each([
    [new Error('one\ntwo'), 'Error: one'],
    [Object.create(null), 'an object'],
    [undefined, 'undefined'],
  ])('%# is told on one line', (thrown, text) => {
    expect(firstLineOf(thrown)).toBe(text);
  });
});
