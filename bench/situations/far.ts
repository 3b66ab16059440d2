import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from '../figures.js';
import { closeClient, openClient } from '../peers/ioredis-clients.js';
import type { Bench } from '../scenario.js';
import { away } from '../subjects.js';
import type { Situation } from './situation.js';

/** Bundled beside the worker. */
const proxyFile = fileURLToPath(new URL('./delaying-proxy.js', import.meta.url));

/** A server so many milliseconds away: as it is within a zone, between zones, between regions that are near. */
export function far(roundTripMs: number): Situation {
  return {
    name: away(roundTripMs),
    async around(bench, use) {
      const url = new URL(bench.url);
      const args = [url.hostname, url.port || '6379', String(roundTripMs)];
      const proxy = fork(proxyFile, args, { execArgv: [] });
      try {
        const [listening] = await once(proxy, 'message');
        url.hostname = '127.0.0.1';
        url.port = String(listening);
        const distant = { ...bench, url: url.href };
        await noteRoundTrip(distant, roundTripMs);
        return await use(distant);
      } finally {
        proxy.kill('SIGKILL');
      }
    },
  };
}

async function noteRoundTrip(bench: Bench, wantedMs: number): Promise<void> {
  const redis = await openClient(bench);
  const taken: number[] = [];
  for (let ping = 0; ping < 50; ping += 1) {
    const startedAt = performance.now();
    await redis.ping();
    taken.push(performance.now() - startedAt);
  }
  await closeClient(redis);
  bench.note(`${wantedMs} ms away, a PING took ${median(taken).toFixed(2)} ms.`);
}
