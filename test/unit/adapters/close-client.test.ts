import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { closeClient } from '../../../src/adapters/close-client.js';
import type { Client } from '../../../src/connection/client.js';
import { systemClock } from '../../../src/core/clock.js';

const GRACE_MS = 20;

/** As much of a client as closing looks at; `onDestroy` says what becomes of it when its socket is destroyed. */
function stubborn(onDestroy: (client: EventEmitter) => void) {
  const destroyed: number[] = [];
  const client = Object.assign(new EventEmitter(), {
    status: 'ready',
    disconnect() {},
    stream: {
      destroy() {
        destroyed.push(performance.now());
        onDestroy(client);
      },
    },
  });
  return { client, destroyed };
}

it('destroys the socket of a server that does not react within the grace', async () => {
  const { client, destroyed } = stubborn((self) => self.emit('end'));
  await closeClient(client as unknown as Client, GRACE_MS, systemClock);
  expect(destroyed).toHaveLength(1);
  expect(client.listenerCount('end')).toBe(0);
});

it('gives a client up that does not even end when its socket is destroyed', async () => {
  const { client, destroyed } = stubborn(() => {});
  await closeClient(client as unknown as Client, GRACE_MS, systemClock);
  expect(destroyed).toHaveLength(1);
  expect(performance.now() - (destroyed[0] as number)).toBeGreaterThanOrEqual(GRACE_MS);
  expect(client.listenerCount('end')).toBe(0);
});
