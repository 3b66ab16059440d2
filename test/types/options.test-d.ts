import {
  type CallOptions,
  createWithRedis,
  type Observer,
  type Outcome,
  type PoolOptions,
  type RetryOptions,
  type WithRedis,
  type WithRedisOptions,
  withRedis,
} from 'with-redis';
import { check, type Same } from './same.js';

// Everything at once, as it may be said.
const everything: WithRedisOptions = {
  url: 'redis://127.0.0.1:6379',
  redis: { db: 1, tls: { servername: 'redis' } },
  name: 'shop',
  pool: {
    minIdle: 1,
    idleTimeoutMs: 1_000,
    maxLifetimeMs: Infinity,
    validateAfterIdleMs: 100,
    order: 'fifo',
  },
  isolation: 'exclusive',
  maxConnections: 5,
  maxConnecting: 2,
  maxPending: 100,
  acquireTimeoutMs: 1_000,
  deadlineMs: 2_000,
  releaseTimeoutMs: 500,
  retry: { attempts: 3, delayMs: 10, maxDelayMs: 100, factor: 2, jitter: 'full', idempotent: true },
  nested: 'allow',
  observer: { onRelease: ({ disposition, heldMs }) => void [disposition, heldMs] },
};
const instance = createWithRedis(everything);
check<Same<typeof instance, WithRedis>>();
check<Same<typeof withRedis, WithRedis>>();
createWithRedis();
createWithRedis({ pool: true });
createWithRedis({ connect: () => Promise.resolve({}) });

// Literals kept in a constant fit too.
const kept = { maxConnections: 3, retry: { attempts: 2 } } as const;
createWithRedis(kept);

// Nobody changes options that were handed over.
// @ts-expect-error Readonly.
everything.maxConnections = 6;
const pool: PoolOptions = {};
// @ts-expect-error Readonly.
pool.minIdle = 2;
const retry: RetryOptions = {};
// @ts-expect-error Readonly.
retry.attempts = 2;
const call: CallOptions = {};
// @ts-expect-error Readonly.
call.label = 'other';
const observer: Observer = {};
// @ts-expect-error Readonly.
observer.onRetry = () => {};

// Every option may be undefined, also under exactOptionalPropertyTypes; a number of attempts is a retry.
createWithRedis({ url: process.env.REDIS_URL, pool: undefined, isolation: undefined, retry: 3 });

// What is misspelt or of the wrong kind is refused.
// @ts-expect-error
createWithRedis({ maxConnection: 5 });
// @ts-expect-error
createWithRedis({ maxConnections: '5' });
// @ts-expect-error
createWithRedis({ pool: { max: 5 } });
// @ts-expect-error
createWithRedis({ pool: { order: 'random' } });
// @ts-expect-error
createWithRedis({ retry: { jitter: 'some' } });
// @ts-expect-error
createWithRedis({ retry: '3' });
// @ts-expect-error
createWithRedis({ observer: { onReturn() {} } });
// @ts-expect-error
createWithRedis('redis://127.0.0.1');
// @ts-expect-error
withRedis(() => 1, { timeoutMs: 5 });
// @ts-expect-error
withRedis(() => 1, { signal: new AbortController() });
// @ts-expect-error An option of the instance.
withRedis(() => 1, { maxConnections: 5 });

// The decision about another attempt sees values and errors.
const when = (outcome: Outcome<unknown>, attempt: number): boolean => {
  check<Same<typeof attempt, number>>();
  if (outcome.ok) {
    // @ts-expect-error A value is no error.
    return outcome.error;
  }
  return outcome.error instanceof Error;
};
withRedis((redis) => redis.get('key'), { retry: { when } });
