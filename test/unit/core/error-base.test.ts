import { expect, it } from 'vitest';
import { reasonOf } from '../../../src/core/error-base.js';

it.each<[unknown, string]>([
  [new Error('why'), 'why'],
  [Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [Object.assign(new Error(), { message: 5 }), '5'],
  [Object.assign(new Error(), { message: Object.create(null) }), 'a reason that cannot be shown'],
  [Object.assign(new Error(), { message: Symbol('secret') }), 'Symbol(secret)'],
  ['a text', 'a text'],
  [Object.create(null), 'a reason that cannot be shown'],
  [undefined, 'undefined'],
])('a reason is a text, whatever was thrown (%#)', (cause, text) => {
  expect(reasonOf(cause)).toBe(text);
});
