/** What the process uses. */
export interface Resources {
  readonly rss: number;
  readonly heap: number;
  readonly handles: number;
}

export function readResources(): Resources {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed, handles: process.getActiveResourcesInfo().length };
}
