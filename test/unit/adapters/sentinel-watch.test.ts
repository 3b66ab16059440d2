import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { expect, it, type MockInstance, vi } from 'vitest';
import { SentinelWatch } from '../../../src/adapters/sentinel-watch.js';
import { Sentinels } from '../../../src/adapters/sentinels.js';
import { systemClock } from '../../../src/core/clock.js';
import { eventually, sleep } from '../../support/harness.js';

const SENTINEL = { host: '127.0.0.1', port: 26379 };

/** A sentinel that can be listened to until it is told to stop, and takes a moment to hang up. */
function listenedTo() {
  const counts = { talks: 0, open: 0 };
  const talk = async (_place: unknown, stopped: Promise<never>): Promise<never> => {
    counts.talks++;
    // A loop that does not end would leave no turn for the test itself.
    if (counts.talks > 100) return new Promise<never>(() => {});
    counts.open++;
    try {
      return await stopped;
    } finally {
      await sleep(5);
      counts.open--;
    }
  };
  return { counts, sentinels: { places: [SENTINEL], talk } as unknown as Sentinels };
}

it('listens once, ends when it is stopped, and can be started again while it still ends', async () => {
  const { counts, sentinels } = listenedTo();
  const watch = new SentinelWatch(sentinels, 'mymaster', systemClock, () => {});
  watch.start();
  watch.start();
  await sleep(1);
  expect(counts).toEqual({ talks: 1, open: 1 });
  const stopping = watch.stop();
  watch.start();
  await stopping;
  await sleep(20);
  expect(counts).toEqual({ talks: 2, open: 1 });
  await watch.stop();
  expect(counts).toEqual({ talks: 2, open: 0 });
});

it('asks who is the master and listens in one write: nothing can be announced in between', async () => {
  const server = createServer((socket) => void socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server on this machine reads several writes at once, too.
  const together = vi.spyOn(Socket.prototype, '_writev' as never) as MockInstance;
  const place = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const sentinels = new Sentinels({ sentinels: [place], name: 'mymaster' }, systemClock, 10);
  const watch = new SentinelWatch(sentinels, 'mymaster', systemClock, () => {});
  watch.start();
  const written = await eventually(
    () => together.mock.calls[0]?.[0] as { chunk: string }[] | undefined,
    (chunks) => chunks !== undefined,
  );
  await watch.stop();
  together.mockRestore();
  server.close();
  const text = written?.map(({ chunk }) => String(chunk)).join('');
  expect(text).toMatch(/get-master-addr-by-name[\s\S]*ckquorum[\s\S]*subscribe\r\n/);
});
