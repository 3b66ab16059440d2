import type { Dial } from './dials.js';
import type { Mark } from './marks.js';
import { now } from './moments.js';
import type { StackReader } from './origins.js';

/** A timer that a call has set, itself or what it set off. */
export interface SetTimer {
  readonly at: number;
  readonly mark: Mark<Dial>;
  readonly stack: StackReader;
  readonly timeout: Timeout;
}

/** What Node's timers hold; none of it is documented, all of it has been there for ten years. */
interface Timeout {
  readonly _destroyed?: boolean;
  readonly _repeat?: number | null;
  readonly _idleTimeout?: number;
}

export interface TimerWatch {
  note(resource: object, mark: Mark<Dial>, stack: StackReader): void;
  /** Those of the calls that have neither fired for the last time nor been cleared. */
  pending(): SetTimer[];
}

export function watchTimers(): TimerWatch {
  let timers: SetTimer[] = [];
  return {
    note(resource, mark, stack) {
      if (mark.call) timers.push({ at: now(), mark, stack, timeout: resource as Timeout });
    },
    pending() {
      timers = timers.filter(({ timeout }) => timeout._destroyed === false && delayOf(timeout) >= 0);
      return timers;
    },
  };
}

function delayOf({ _idleTimeout }: Timeout): number {
  return _idleTimeout ?? -1;
}

export function repeats({ timeout }: SetTimer): boolean {
  return typeof timeout._repeat === 'number';
}

/** When it fires. */
export function dueAt({ at, timeout }: SetTimer): number {
  return at + delayOf(timeout);
}
