import { createHook, executionAsyncResource } from 'node:async_hooks';
import { runtimeLimits } from './runtime-limits.js';
import { framesOf, ownFrames, readStack, toText } from './stack.js';

/** Where something happened, and what had set it off. */
interface Origin {
  readonly trace: { readonly stack: string };
  readonly cause: Origin | undefined;
  readonly depth: number;
}

/** Text of the stack that leads to the present moment. */
export type StackReader = () => string;

/** Told of each asynchronous resource of a kind that is asked for. */
export type OnResource = (type: string, resource: object, stack: StackReader) => void;

export interface OriginWatch {
  /** Notes the present moment. Reading it is what costs, and may wait. */
  note(leaveOut: (...args: never[]) => unknown): StackReader;
  stop(): void;
}

const FRAMES = 50;

/** A chain of causes may be as long as the process lives; beyond this its useless links are dropped. */
const DEEPEST = 128;

/**
 * Clients dial from a tick, a timer or a promise, where the stack of JavaScript has forgotten who asked (ioredis dials
 * from `process.nextTick`). So each asynchronous step gets the stack that began it, and the step before. Taking a stack
 * is what makes a check slow: most of some 20 µs a step.
 */
export function watchOrigins(types: ReadonlySet<string>, onResource: OnResource): OriginWatch {
  if (runtimeLimits !== undefined) return { note: noteHere, stop: () => undefined };
  const origins = new WeakMap<object, Origin>();
  const note = (leaveOut: (...args: never[]) => unknown): Origin => {
    const cause = shorten(origins.get(executionAsyncResource()));
    return { trace: capture(leaveOut), cause, depth: (cause?.depth ?? 0) + 1 };
  };
  const init = (_id: number, type: string, _trigger: number, resource: object) => {
    const origin = note(init);
    origins.set(resource, origin);
    if (types.has(type)) onResource(type, resource, readerOf(origin));
  };
  const hook = createHook({ init }).enable();
  return {
    note: (leaveOut) => readerOf(note(leaveOut)),
    stop: () => void hook.disable(),
  };
}

/** The present stack alone: where there are hooks but nothing behind them, as on Bun, using them never ends. */
function noteHere(leaveOut: (...args: never[]) => unknown): StackReader {
  return readerOf({ trace: capture(leaveOut), cause: undefined, depth: 1 });
}

function readerOf(origin: Origin): StackReader {
  return () => toText(tell(origin));
}

/** V8 formats a stack when it is read, so taking one is cheap. */
function capture(leaveOut: (...args: never[]) => unknown): { readonly stack: string } {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const trace = {} as { stack: string };
  Error.captureStackTrace(trace, leaveOut);
  Error.stackTraceLimit = stackTraceLimit;
  return trace;
}

function shorten(origin: Origin | undefined): Origin | undefined {
  if (!origin || origin.depth < DEEPEST) return origin;
  const telling = nearestOwn(origin) ?? origin;
  return { trace: telling.trace, cause: undefined, depth: 1 };
}

/** The reader's own frames nearest to the event; those of dependencies where the reader's are unknown. */
function tell(origin: Origin): string[] {
  const own = nearestOwn(origin);
  return own ? ownFrames(framesOf(readStack(own.trace))) : framesOf(readStack(origin.trace));
}

function nearestOwn(origin: Origin): Origin | undefined {
  for (let at: Origin | undefined = origin; at; at = at.cause) {
    if (ownFrames(framesOf(readStack(at.trace))).length > 0) return at;
  }
  return undefined;
}
