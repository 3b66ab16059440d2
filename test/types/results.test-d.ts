// biome-ignore-all lint/suspicious/noExplicitAny: what happens to `any` is part of the promise.
import type { Redis } from 'ioredis';
import { type CloseReport, type ScopeFunction, type Stats, withRedis } from 'with-redis';
import { check, type Same } from './same.js';

// What a function returns is what the call resolves to.
const number = withRedis(() => 1);
check<Same<typeof number, Promise<number>>>();
const fromAsync = withRedis(async () => 'text');
check<Same<typeof fromAsync, Promise<string>>>();
const nothing = withRedis(() => {});
check<Same<typeof nothing, Promise<void>>>();
const empty = withRedis(async () => undefined);
check<Same<typeof empty, Promise<undefined>>>();
const never = withRedis(async (): Promise<never> => {
  throw new Error('always');
});
check<Same<typeof never, Promise<never>>>();

// Replies keep the types that ioredis gives them.
const reply = withRedis((redis) => redis.get('key'));
check<Same<typeof reply, Promise<string | null>>>();
const bytes = withRedis((redis) => redis.getBuffer('key'));
check<Same<typeof bytes, Promise<Buffer | null>>>();
const replies = withRedis((redis) => redis.multi().get('key').exec());
check<Same<typeof replies, Promise<[error: Error | null, result: unknown][] | null>>>();

// Any thenable is awaited; a mixture of values and promises is too.
const likePromise = withRedis((): PromiseLike<boolean> => Promise.resolve(true));
check<Same<typeof likePromise, Promise<boolean>>>();
const thenable = withRedis(() => ({
  // biome-ignore lint/suspicious/noThenProperty: a thenable is the point.
  then(onResolve: (value: bigint) => void) {
    onResolve(1n);
  },
}));
check<Same<typeof thenable, Promise<bigint>>>();
const mixture = withRedis((): number | Promise<string> => 1);
check<Same<typeof mixture, Promise<number | string>>>();

// A type without a type stays as it is.
const untyped = withRedis((): any => JSON.parse('1'));
check<Same<typeof untyped, Promise<any>>>();
const unknown = withRedis((): unknown => JSON.parse('1'));
check<Same<typeof unknown, Promise<unknown>>>();

// A label in front changes nothing.
const labelled = withRedis('cart', (redis) => redis.get('key'), { deadlineMs: 500 });
check<Same<typeof labelled, Promise<string | null>>>();

// A generic wrapper takes a ScopeFunction.
async function timed<T>(load: ScopeFunction<Promise<T>>): Promise<T> {
  return withRedis(load);
}
const wrapped = timed(async (redis) => redis.llen('list'));
check<Same<typeof wrapped, Promise<number>>>();

// Generic code compiles as it would with ioredis: only the function itself knows its scope.
async function cached<T>(key: string, load: () => Promise<T>): Promise<T> {
  return withRedis(async (redis) => {
    const known = await redis.get(key);
    return known === null ? load() : (JSON.parse(known) as T);
  });
}
async function withLock<T>(job: () => Promise<T>): Promise<T> {
  return withRedis(async (redis) => {
    await redis.set('lock', 1, 'PX', 1_000, 'NX');
    return job();
  });
}
function loaded<T>(load: (redis: Redis) => Promise<T>): Promise<T> {
  return withRedis(load) as Promise<T>;
}
class Repo<T> {
  find(id: string): Promise<T | undefined> {
    return withRedis('find', async (redis) => {
      const text = await redis.get(id);
      return text === null ? undefined : (JSON.parse(text) as T);
    });
  }

  async save(id: string, value: T): Promise<T> {
    const saved = await withRedis.transaction([id], (_redis, multi) => {
      multi.set(id, JSON.stringify(value));
      return value;
    });
    return saved.value;
  }
}
async function parsed<T>(parse: (text: string) => T): Promise<T | null> {
  return withRedis((redis) => redis.get('key').then((text) => (text === null ? null : parse(text))));
}
void [cached, withLock, loaded, Repo, parsed];

// Snapshots are for reading.
const stats = withRedis.stats();
check<Same<typeof stats, Stats>>();
const { created, destroyed } = stats;
check<Same<typeof created, number>>();
check<Same<typeof destroyed, Readonly<Record<string, number>>>>();
// @ts-expect-error Readonly.
stats.created = 0;
const report = withRedis.close({ deadlineMs: 100 });
check<Same<typeof report, Promise<CloseReport>>>();

// The checks above see what they should.
// @ts-expect-error
check<Same<string, any>>();
// @ts-expect-error
check<Same<any, unknown>>();
// @ts-expect-error
check<Same<Promise<string>, Promise<string | null>>>();
