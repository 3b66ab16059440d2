import { ClusterBackend } from '../cluster/cluster-backend.js';
import type { Call } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { closedError } from '../core/errors.js';
import type { Settings } from '../options/settings.js';
import type { Backend, CloseReport } from '../server/backend.js';
import type { Environment } from '../server/environment.js';
import { ServerBackend } from '../server/server-backend.js';

/** Of the callable instance. Copies of this package share it. */
export const REPLACE: unique symbol = Symbol.for('with-redis.replace.1') as never;

/** Puts a factory, as the option `connect` takes it, in for where connections come from; what it returns undoes that. */
export type Replace = (connect: () => unknown) => () => Promise<void>;

/** Limit of the drain when a replacement ends, in ms. */
const DRAIN_MS = 1_000;

/** What an instance works with. A call that began with it ends with it. */
export interface Means {
  readonly settings: Settings;
  /** From the first call on. */
  backend: Backend | undefined;
  closing: Promise<CloseReport> | undefined;
  /** Calls in a backoff. */
  readonly sleeping: Set<Call>;
}

/** An instance's own means, and what stands in for them in a test, the last one first. */
export class ReplaceableMeans {
  readonly own: Means;
  current: Means;
  #standIns: readonly Means[] = [];

  constructor(settings: Settings) {
    this.own = meansOf(settings);
    this.current = this.own;
  }

  replace(connect: () => unknown, clock: Clock): () => Promise<void> {
    // The same limits, over clients that `connect` makes.
    const standIn = meansOf({ ...this.own.settings, connect, cluster: undefined });
    this.#use([...this.#standIns, standIn]);
    return async () => {
      this.#use(this.#standIns.filter((each) => each !== standIn));
      await closeMeans(standIn, DRAIN_MS, clock);
    };
  }

  #use(standIns: readonly Means[]): void {
    this.#standIns = standIns;
    this.current = standIns.at(-1) ?? this.own;
  }
}

function meansOf(settings: Settings): Means {
  return { settings, backend: undefined, closing: undefined, sleeping: new Set() };
}

export function backendOf(means: Means, environment: Environment): Backend {
  const { settings } = means;
  means.backend ??= settings.cluster
    ? new ClusterBackend(settings, environment)
    : new ServerBackend(settings, environment);
  return means.backend;
}

/** Once: later calls get the same report. */
export function closeMeans(means: Means, deadlineMs: number, clock: Clock): Promise<CloseReport> {
  means.closing ??= close(means, deadlineMs, clock);
  return means.closing;
}

async function close(means: Means, deadlineMs: number, clock: Clock): Promise<CloseReport> {
  const startedAt = clock.now();
  for (const call of means.sleeping) call.stop(closedError(means.settings.name)(call), 'closed');
  const forced = (await means.backend?.close(deadlineMs)) ?? [];
  return { drained: forced.length === 0, forced, tookMs: clock.now() - startedAt };
}
