/** Something that ends when a signal aborts. */
export interface Abortable {
  abort(reason: unknown): void;
}

const watched = new WeakMap<AbortSignal, Set<Abortable>>();

/**
 * One listener per signal, however many calls share it: Node warns of a leak from the eleventh on, and a service-wide
 * shutdown signal sees thousands.
 */
export function watchAbort(signal: AbortSignal, target: Abortable): void {
  const targets = watched.get(signal);
  if (targets) {
    targets.add(target);
    return;
  }
  watched.set(signal, new Set([target]));
  signal.addEventListener('abort', onAbort);
}

/** Leaves no listener behind once the last one has gone. */
export function unwatchAbort(signal: AbortSignal, target: Abortable): void {
  const targets = watched.get(signal);
  if (!targets?.delete(target) || targets.size > 0) return;
  watched.delete(signal);
  signal.removeEventListener('abort', onAbort);
}

function onAbort(this: AbortSignal): void {
  const targets = watched.get(this);
  watched.delete(this);
  this.removeEventListener('abort', onAbort);
  for (const target of targets ?? []) target.abort(this.reason);
}
