import type { Call } from './calls.js';
import { type Dial, type DialWatch, watchDials } from './dials.js';
import { createMarks, type Mark } from './marks.js';
import { type StackReader, watchOrigins } from './origins.js';
import { runtimeLimits } from './runtime-limits.js';
import { type SetTimer, watchTimers } from './timers.js';

/** What a process does while it is watched, and which call it does it for. */
export interface ProcessWatch extends DialWatch {
  /** Whatever the work sets off is the call's. */
  run<T>(call: Call, work: () => T): T;
  /** Pending ones of the calls. */
  timers(): SetTimer[];
  /** The runtime does not tell what sets off what: no timers of the calls, fewer lines. */
  readonly isBlind: boolean;
  /** Where the calls started worker threads or child processes, the last one; `undefined`: none. */
  readonly spawned: StackReader | undefined;
}

const TIMER = 'Timeout';
const WATCHED = new Set([TIMER, 'WORKER', 'PROCESSWRAP']);

export function watchProcess(): ProcessWatch {
  const marks = createMarks<Dial>();
  const timers = watchTimers();
  let spawned: StackReader | undefined;
  const origins = watchOrigins(WATCHED, (type, resource, stack) => {
    const mark: Mark<Dial> = marks.now();
    if (type === TIMER) timers.note(resource, mark, stack);
    else if (mark.call) spawned = stack;
  });
  const dials = watchDials(marks, origins.note);
  return {
    isBlind: runtimeLimits !== undefined,
    open: dials.open,
    targets: dials.targets,
    lateSince: dials.lateSince,
    knows: dials.knows,
    get peak() {
      return dials.peak;
    },
    get count() {
      return dials.count;
    },
    run: (call, work) => marks.run({ call, dial: undefined }, work),
    timers: timers.pending,
    get spawned() {
      return spawned;
    },
    stop() {
      dials.stop();
      origins.stop();
      marks.stop();
    },
  };
}
