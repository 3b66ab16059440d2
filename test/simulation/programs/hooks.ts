import type { Observer } from 'with-redis';
import { describe } from '../world/values.js';
import type { InstancePlan } from './program.js';
import { isHopeless } from './verdict.js';

/** What hooks were told of. */
export interface Seen {
  acquired: number;
  released: number;
  connected: number;
  closed: number;
}

/** Hooks that count, and then do mischief, if any. */
export function hooksOf(seen: Seen, mischief: () => void, violate: (what: string) => void): Observer {
  const counts = (what: keyof Seen) => () => {
    seen[what] += 1;
    mischief();
  };
  return {
    onAcquire: counts('acquired'),
    onRelease: counts('released'),
    onConnect: counts('connected'),
    onClose: counts('closed'),
    onRetry: ({ outcome }) => {
      if (!outcome.ok && isHopeless(outcome.error))
        violate(`what cannot end otherwise is tried again: ${describe(outcome.error)}`);
      mischief();
    },
  };
}

/** What hooks do besides. @param call makes a call, and ends when it has */
export function mischiefOf(observer: InstancePlan['observer'], call: () => Promise<unknown>): () => void {
  if (observer === 'throws')
    return () => {
      throw new Error('a hook that throws');
    };
  if (observer === 'counts') return () => {};
  let depth = 0;
  return () => {
    if (depth > 0) return;
    depth += 1;
    call()
      .catch(() => {})
      .finally(() => {
        depth -= 1;
      });
  };
}
