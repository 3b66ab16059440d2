/** How many of the frames at the top of a stack may be ours, and are of no use to anybody else. */
const OURS = 12;

/** Where the caller of this package is. Costs as much as half a scope, most of it for the frames; its text comes later. */
export function captureOrigin(): Error {
  const limit = Error.stackTraceLimit;
  // Reflect.set, for who freezes the intrinsics gets a shorter stack and no error.
  Reflect.set(Error, 'stackTraceLimit', limit + OURS);
  const origin = new Error('acquired');
  Reflect.set(Error, 'stackTraceLimit', limit);
  return origin;
}
