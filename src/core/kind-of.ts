import { lookInto } from './error-base.js';

/** What kind of thing came, and nothing of it: for what may hold a secret, or cannot be looked into. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (lookInto(() => Array.isArray(value), false)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
