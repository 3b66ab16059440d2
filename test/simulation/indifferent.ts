import type { Mutation } from '../mutation/mutations.js';

/** Mistakes that no program can tell from the code as it is, and why. By file, and how the changed text begins. */
const INDIFFERENT: readonly (readonly [file: string, from: string, why: string])[] = [
  [
    'connection/batch.ts',
    'if (!stream.writable)',
    'what is written to a socket that has ended goes nowhere either way',
  ],
  [
    'connection/connection-state.ts',
    "effect === 'exec' && isAbort(reply)",
    'nothing but a reply begins with EXECABORT',
  ],
  [
    'connection/connection-state.ts',
    'if (subscribe && (watch',
    'ioredis refuses UNWATCH and SELECT in subscriber mode, so the connection is closed all the same',
  ],
  [
    'lease/exclusive-lease.ts',
    'if (!flaw && !isReady)',
    'a connection that is to be closed is closed a little later, within the same limit',
  ],
  [
    'pool/intake.ts',
    'free() > this.#takes.size',
    'one too many waits for a permit that only the others give back',
  ],
  [
    'cluster/router.ts',
    'return stopped ? giveBack',
    'whoever waited gives back what comes as its wait is stopped: the lane, the attempt, acquire()',
  ],
  [
    'cluster/topology.ts',
    'if (this.pending === 0 && !this.#stale)',
    'a question that nobody waits for is answered, and used',
  ],
];

export function whyIndifferent({ file, from }: Mutation): string | undefined {
  return INDIFFERENT.find(([place, text]) => file.endsWith(place) && from.startsWith(text))?.[2];
}
