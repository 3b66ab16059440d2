import type { Redis } from 'ioredis';
import { describe } from '../world/values.js';
import type { Tally } from './tally.js';

/** The handle is dead: whatever is sent by it is refused, and nothing reaches a server. */
export async function expectDead(redis: Redis | undefined, what: string, tally: Tally): Promise<void> {
  if (!redis) return;
  const id = tally.id();
  const tries = [
    () => redis.set(`late:${id}`, what),
    () => redis.pipeline().set(`late:${id}`, what).exec(),
    () => redis.multi().set(`late:${id}`, what).exec(),
  ];
  const refusal = await tries[id % 3]?.().then(
    () => undefined,
    (error: unknown) => error as { code?: string },
  );
  if (refusal?.code !== 'ERR_WITH_REDIS_LEASE_RELEASED')
    tally.world.violate(`${what}: its handle lives on: ${refusal ? describe(refusal) : 'no error'}`);
}
