import { type Handle, OWNER } from '../../src/handle/overrides.js';

/** The client behind a handle; only tests may look. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at what has no types
export function clientOf(handle: object): any {
  return (handle as Handle)[OWNER].origin;
}
