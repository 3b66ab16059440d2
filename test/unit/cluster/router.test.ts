import { beforeEach, expect, it } from 'vitest';
import { LaneSet } from '../../../src/cluster/lane-set.js';
import type { Nodes } from '../../../src/cluster/nodes.js';
import type { ClusterPlan } from '../../../src/cluster/plan.js';
import { RouteClaim } from '../../../src/cluster/route-claim.js';
import { type NodeLease, type Place, Router } from '../../../src/cluster/router.js';
import type { Topology } from '../../../src/cluster/topology.js';
import { ClosedError, ConnectError } from '../../../src/core/errors.js';
import { defer } from '../../../src/core/outcome.js';
import { FakeClock } from '../../support/fake-clock.js';
import { outcomeOf } from '../../support/harness.js';

/** What the borrower of a node's connection sees of it. */
class FakeLease {
  releases = 0;
  readonly connection = {};

  release(): void {
    this.releases += 1;
  }
}

/** Masters that own nothing in particular: any of them will do. */
const masters = new Set(['first:1', 'second:2']);
const suspects: string[] = [];
const topology = {
  known: true,
  masters,
  ownerOf: () => undefined,
  renew: () => {},
  suspect: (address: string) => void suspects.push(address),
  refresh: async () => {},
} as unknown as Topology;

let granted: Promise<FakeLease>;
let asked: string[];
let router: Router;
beforeEach(() => {
  asked = [];
  suspects.length = 0;
  const nodes = {
    at: () => undefined,
    serverAt(address: string) {
      asked.push(address);
      return { borrowOwn: () => granted };
    },
  };
  router = new Router(topology, nodes as unknown as Nodes, { maxHops: 16 } as ClusterPlan);
});

const claimOf = () => new RouteClaim('label', 1_000, 0, true);

it('gives back what is granted in the very turn in which the wait is stopped', async () => {
  const { promise, resolve } = defer<FakeLease>();
  const lease = new FakeLease();
  const claim = claimOf();
  granted = promise;
  const lent = outcomeOf(Promise.resolve(router.lend('first:1', true, claim)));
  resolve(lease);
  claim.stop('enough', 'aborted');
  expect(await lent).toEqual({ error: 'enough' });
  expect(lease.releases).toBe(1);
});

it('a scope that ends in the very turn in which it gets a connection gives it back unused', async () => {
  const { promise, resolve } = defer<Place>();
  const lease = new FakeLease();
  const opened: unknown[] = [];
  const lending = { lend: () => promise } as unknown as Router;
  const user = { label: undefined, acquireTimeoutMs: 1_000, lost: () => {} };
  const lanes = new LaneSet(lending, new FakeClock(), user, {
    opened: (_lane, arrived) => void opened.push(arrived),
    failed: async () => {},
  });
  lanes.at('first:1', true);
  resolve({ address: 'first:1', lease: lease as unknown as NodeLease });
  await lanes.end(
    () => new Error('over'),
    () => undefined,
  );
  expect(lease.releases).toBe(1);
  expect(opened).toEqual([]);
});

it('tries another master where one cannot be reached and any will do', async () => {
  const lease = new FakeLease();
  const failure = Promise.reject(new ConnectError('first:1', false, {}));
  failure.catch(() => {});
  granted = failure as Promise<FakeLease>;
  const opening = router.open(undefined, true, claimOf());
  queueMicrotask(() => {
    granted = Promise.resolve(lease);
  });
  expect(await opening).toEqual({ address: 'second:2', lease });
  expect(asked).toEqual(['first:1', 'second:2']);
  expect(suspects).toEqual(['first:1']);
});

it('of a node that has left a caller hears that, and not that something is closed', async () => {
  const impatient = new Router(
    topology,
    { at: () => undefined, serverAt: () => ({ borrowOwn: () => granted }) } as unknown as Nodes,
    { maxHops: 0 } as ClusterPlan,
  );
  granted = Promise.reject(new ClosedError('node'));
  granted.catch(() => {});
  const { error } = await outcomeOf(Promise.resolve(impatient.open(undefined, true, claimOf())));
  expect(error).toBeInstanceOf(ConnectError);
  expect(String(error)).toContain('it is no master any more');
});
