import { setImmediate as turn } from 'node:timers/promises';

/** Bytes of live objects: what is left after several collections, with turns between for weak references to clear. */
export async function measureHeap(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error('needs node --expose-gc');
  let lowest = Number.POSITIVE_INFINITY;
  for (let collection = 0; collection < 6; collection += 1) {
    await turn();
    gc();
    lowest = Math.min(lowest, process.memoryUsage().heapUsed);
  }
  return lowest;
}
