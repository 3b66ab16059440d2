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

function ratio(
  scenario: string,
  group: number | string,
  over: string | readonly string[],
  atLeast: number,
): Target {
  const name = typeof group === 'number' ? subject.callersGroup(group) : group;
  return { scenario, group: name, over: [over].flat(), atLeast };
}

const beside = (callers: number) => subject.callersGroup(callers, subject.besideOthers);
const far = subject.callersGroup(256, subject.away(1));
/** Beside other clients no less than this part of what is aimed at alone. */
const BESIDE = 0.95;

/** What this package sets itself. */
export const targets: readonly Target[] = [
  ratio('pooled', 50, subject.byHand, 1.08),
  ratio('pooled', 256, subject.byHand, 1.08),
  ratio('pooled', 50, subject.freeList, 0.95),
  ratio('pooled', 256, subject.freeList, 0.95),
  ratio('pooled', 50, subject.nodeRedisPool, 1.4),
  ratio('pooled', 256, subject.nodeRedisPool, 1.4),
  ratio('pooled-beside', beside(50), subject.byHand, 1.05),
  ratio('pooled-beside', beside(256), subject.byHand, 1.05),
  ratio('pooled-beside', beside(50), subject.freeList, 0.92),
  ratio('pooled-beside', beside(256), subject.freeList, 0.92),
  ratio('cold', subject.coldGroup('pooled', 1_000), subject.byHand, 1),
  ratio('per-call', 10, subject.ioredisPerCall, 1.9),
  ratio('cold', subject.coldGroup('per call', 1_000), subject.ioredisPerCall, 1.7),
  ratio('per-call', 10, subject.nodeRedisPerCall, 2.4),
  ratio('per-call', 10, subject.rawSocket, 0.75),
  ratio('per-call', 10, subject.rawGet, 0.5),
  ratio('shared', 1, subject.oneIoredis, 0.97),
  ratio('shared', 10, subject.oneIoredis, 1.2),
  ratio('shared', 50, subject.oneIoredis, 1.2),
  ratio('shared', 256, subject.oneIoredis, 1.12),
  ratio('shared', 256, subject.nodeRedisPool, 7),
  ratio('shared-beside', beside(1), subject.oneIoredis, 0.97 * BESIDE),
  ratio('shared-beside', beside(10), subject.oneIoredis, 1.2 * BESIDE),
  ratio('shared-beside', beside(50), subject.oneIoredis, 1.2 * BESIDE),
  ratio('shared-beside', beside(256), subject.oneIoredis, 1.12 * BESIDE),
  ratio('far', far, subject.ourExclusive, 18),
  ratio('far', far, subject.plainIoredis, 1.5),
  ratio('far', far, subject.pipelinedIoredis, 1.1),
  ratio('cluster', subject.callersGroup(50, 'shared'), subject.ioredisCluster, 1.1),
  ratio('cluster', subject.callersGroup(50, 'exclusive by key'), subject.singleServer, 0.95),
  ratio('auto', 256, subject.ourExclusive, 2),
  ratio('standing', 1, subject.ourScopes, 0.95),
  ratio('standing', 50, subject.ourScopes, 0.95),
  { scenario: 'scale', group: subject.growthGroup, subject: subject.getScope, atMost: 1.25 },
  { scenario: 'scale', group: subject.growthGroup, subject: subject.emptyScope, atMost: 1.25 },
  { scenario: 'scale', group: subject.abortGroup, subject: subject.oneSignal, atMost: 100 },
  { scenario: 'scale', group: subject.abortGroup, subject: subject.ownSignals, atMost: 100 },
  { scenario: 'scale', group: subject.waiterGroup, subject: subject.ours, atMost: 700 },
  { scenario: 'heap', group: subject.heapGroup, subject: 'exclusive', atMost: 150 },
  { scenario: 'heap', group: subject.heapGroup, subject: 'shared', atMost: 150 },
  { scenario: 'heap', group: subject.heapGroup, subject: 'auto', atMost: 150 },
  { scenario: 'import', group: subject.importMoreGroup, subject: subject.importedOnTop, atMost: 15 },
];
