import { subscribe } from 'node:diagnostics_channel';
import type { Settings } from '../options/settings.js';
import type { Stats } from '../server/stats.js';

/** What an instance answers to whoever asks on the channel `with-redis:instances`. */
export interface InstanceReport {
  readonly stats: Stats;
  /** Connections that are kept although idle, at least and at most. */
  readonly idle: { readonly min: number; readonly max: number };
}

/** What is published on the channel `with-redis:instances`: every instance that is in use reports itself, at once. */
export interface InstancesMessage {
  add(report: InstanceReport): void;
}

interface Live {
  readonly retired: boolean;
  stats(): Stats;
}

/** Does not keep an instance alive; one that was closed is not in use any more. */
const live = new Map<WeakRef<Live>, InstanceReport['idle']>();
const collected = new FinalizationRegistry<WeakRef<Live>>((ref) => live.delete(ref));

subscribe('with-redis:instances', (message) => {
  // Anybody may publish there.
  if (typeof (message as Partial<InstancesMessage> | undefined)?.add !== 'function') return;
  for (const [ref, idle] of live) {
    const instance = ref.deref();
    if (!instance || instance.retired) live.delete(ref);
    else (message as InstancesMessage).add({ stats: instance.stats(), idle });
  }
});

export function enlist(instance: Live, { pool, maxConnections }: Settings): void {
  const ref = new WeakRef(instance);
  live.set(ref, { min: pool?.minIdle ?? 0, max: pool ? maxConnections : 0 });
  collected.register(instance, ref);
}
