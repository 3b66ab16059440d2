import { once } from 'node:events';
import { Redis } from 'ioredis-5';
import { afterEach, expect, it, vi } from 'vitest';
import { closeUnwanted } from '../../../src/adapters/adoption.js';
import { systemClock } from '../../../src/core/clock.js';
import { useServer } from '../../support/harness.js';

const redis = useServer();
afterEach(() => void vi.restoreAllMocks());

it('a client that came too late sets no timer once it has ended, as ioredis 5 does where its SELECT fails', async () => {
  const client = new Redis(redis.url);
  await client.ping();
  const ended = once(client, 'end');
  closeUnwanted(client, 1_000, systemClock);
  await ended;
  const timers = vi.spyOn(globalThis, 'setTimeout');
  client.disconnect();
  expect(timers).not.toHaveBeenCalled();
});
