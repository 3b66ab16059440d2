import * as subject from './subjects.js';

/** Ours is so many times the best of `over`, in operations per second. */
export interface RatioTarget {
  readonly scenario: string;
  readonly group: string;
  readonly over: readonly string[];
  readonly atLeast: number;
}

export interface LimitTarget {
  readonly scenario: string;
  readonly group: string;
  readonly subject: string;
  readonly atMost: number;
}

export type Target = RatioTarget | LimitTarget;

function ratio(scenario: string, callers: number, over: string | readonly string[], atLeast: number): Target {
  return {
    scenario,
    group: subject.callersGroup(callers),
    over: [over].flat(),
    atLeast,
  };
}

/** What this package sets itself. */
export const targets: readonly Target[] = [
  ratio('pooled', 50, subject.byHand, 1.05),
  ratio('pooled', 256, subject.byHand, 1.05),
  ratio('pooled', 50, subject.freeList, 0.93),
  ratio('pooled', 256, subject.freeList, 0.93),
  ratio('pooled', 50, subject.nodeRedisPool, 1.4),
  ratio('pooled', 256, subject.nodeRedisPool, 1.4),
  ratio('per-call', 10, subject.ioredisPerCall, 1.8),
  ratio('per-call', 10, subject.nodeRedisPerCall, 2.4),
  ratio('per-call', 10, subject.rawSocket, 0.6),
  ratio('shared', 1, subject.oneIoredis, 0.95),
  ratio('shared', 10, subject.oneIoredis, 0.95),
  ratio('shared', 50, subject.oneIoredis, 1.1),
  ratio('shared', 256, subject.oneIoredis, 1.1),
  ratio('shared', 256, subject.nodeRedisPool, 7),
  ratio('auto', 256, subject.ourExclusive, 2),
  ratio('standing', 1, subject.ourScopes, 0.95),
  ratio('standing', 50, subject.ourScopes, 0.95),
  { scenario: 'scale', group: subject.growthGroup, subject: subject.getScope, atMost: 1.3 },
  { scenario: 'scale', group: subject.growthGroup, subject: subject.emptyScope, atMost: 1.3 },
  { scenario: 'scale', group: subject.abortGroup, subject: subject.oneSignal, atMost: 100 },
  { scenario: 'scale', group: subject.abortGroup, subject: subject.ownSignals, atMost: 100 },
  { scenario: 'scale', group: subject.waiterGroup, subject: subject.ours, atMost: 800 },
  { scenario: 'heap', group: subject.heapGroup, subject: 'exclusive', atMost: 200 },
  { scenario: 'heap', group: subject.heapGroup, subject: 'shared', atMost: 200 },
  { scenario: 'heap', group: subject.heapGroup, subject: 'auto', atMost: 200 },
  { scenario: 'import', group: subject.importMoreGroup, subject: subject.importedOnTop, atMost: 5 },
];
