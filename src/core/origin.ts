/** A function of this package that users call. */
// biome-ignore lint/suspicious/noExplicitAny: whatever it takes and returns
export type Entry = (...args: any[]) => unknown;

/** Bun looks for a function by its name and finds none that made a tail call: what it cuts is often everything. */
const isCut = !('bun' in process.versions);

/**
 * Where the caller of this package is: the stack begins above the function that was called. Costs as much as half a
 * scope, most of it for the frames; its text is made when it is read.
 */
export function captureOrigin(above: Entry): Error {
  const limit = Error.stackTraceLimit;
  // Else the frames would be collected twice. Reflect.set, for who freezes the intrinsics gets a slower error, and none.
  Reflect.set(Error, 'stackTraceLimit', 0);
  const origin = new Error('acquired');
  Reflect.set(Error, 'stackTraceLimit', limit);
  Error.captureStackTrace(origin, isCut ? above : captureOrigin);
  return origin;
}
