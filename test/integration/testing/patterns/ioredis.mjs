import { Redis } from 'ioredis';

const url = process.env.REDIS_URL;
let turn = 0;

export async function neverCloses() {
  const redis = new Redis(url); // opened here
  return redis.get('price');
}

export async function disconnectsInFinally() {
  const redis = new Redis(url);
  try {
    return await redis.get('price');
  } finally {
    redis.disconnect();
  }
}

export async function quits() {
  const redis = new Redis(url);
  const value = await redis.get('price');
  await redis.quit();
  return value;
}

export async function quitsWithoutWaiting() {
  const redis = new Redis(url);
  const value = await redis.get('price');
  redis.quit();
  return value;
}

export async function closesUnlessItThrows() {
  const redis = new Redis(url); // opened here
  turn += 1;
  const isBad = turn % 4 === 0;
  await redis.get('price');
  if (isBad) throw new Error('no price');
  redis.disconnect();
}

export async function returnsEarlyOnMiss() {
  const redis = new Redis(url); // opened here
  turn += 1;
  const isMiss = turn % 2 === 1;
  const value = await redis.get('price');
  if (isMiss) return null;
  redis.disconnect();
  return value;
}

export function firesAndForgets() {
  const redis = new Redis(url); // opened here
  redis.publish('news', 'hello').catch(() => undefined);
}

export function dialsFromTimer() {
  setTimeout(() => {
    const redis = new Redis(url); // opened here
    redis.on('error', () => undefined);
  }, 60);
}

export function answersCallback(done = () => undefined) {
  const redis = new Redis(url); // opened here
  redis.get('price', done);
}

export function closesInCallback() {
  return new Promise((resolve) => {
    const redis = new Redis(url);
    redis.get('price', (_error, value) => {
      redis.disconnect();
      resolve(value);
    });
  });
}

let base;
export async function duplicates() {
  base ??= new Redis(url);
  const copy = base.duplicate(); // opened here
  return copy.get('price');
}

export async function opensTwo() {
  const publisher = new Redis(url); // opened here
  const subscriber = publisher.duplicate(); // opened here
  await subscriber.subscribe('news');
  await publisher.publish('news', 'hello');
}

export async function opensOnePerShard() {
  const shards = [0, 1, 2, 3, 4].map((db) => new Redis(url, { db })); // opened here
  return Promise.all(shards.map((shard) => shard.get('price')));
}

/** A stream of server-sent events whose reader has gone before the first one: nobody is told to unsubscribe. */
export async function streamsToReaderWhoHasGone() {
  const reader = new AbortController();
  const redis = new Redis(url); // opened here
  reader.abort();
  await redis.subscribe('events');
  reader.signal.addEventListener('abort', () => redis.disconnect());
}

export async function streamsUntilReaderGoes() {
  const reader = new AbortController();
  const redis = new Redis(url);
  reader.signal.addEventListener('abort', () => redis.disconnect());
  await redis.subscribe('events');
  reader.abort();
}

let shared;
export async function sharesOne() {
  shared ??= new Redis(url);
  return shared.get('price');
}

let cached;
/** Those who come first all find none, and each opens one. */
export async function sharesAfterRace() {
  if (!cached) {
    const redis = new Redis(url);
    await redis.ping();
    cached = redis;
  }
  return cached.get('price');
}

export async function closesLater() {
  const redis = new Redis(url);
  setTimeout(() => redis.disconnect(), 250);
  return redis.get('price');
}

export async function closesAfterBlocking() {
  const redis = new Redis(url);
  await redis.ping();
  redis.blpop('nothing', 0.1).finally(() => redis.disconnect());
}

export async function givesUpOnConflict() {
  const redis = new Redis(url); // opened here
  turn += 1;
  const isConflict = turn % 2 === 0;
  await redis.watch('stock');
  if (isConflict) return null;
  await redis.multi().set('stock', 3).exec();
  await redis.quit();
}

export async function leavesScanStream() {
  const redis = new Redis(url); // opened here
  const stream = redis.scanStream({ match: '*' });
  for await (const _keys of stream) break;
}

export async function retriesWithNewClients() {
  for (let attempt = 1; ; attempt += 1) {
    const redis = new Redis(url); // opened here
    await redis.get('price');
    if (attempt === 2) return redis.disconnect();
  }
}

export async function loosesRaceAgainstTimeout() {
  const redis = new Redis(url); // opened here
  turn += 1;
  const isSlow = turn % 3 === 0;
  const work = isSlow ? redis.blpop('nothing', 0) : redis.get('price');
  const late = new Promise((resolve) => setTimeout(resolve, isSlow ? 20 : 5_000, 'late'));
  if ((await Promise.race([work, late])) === 'late') return null;
  redis.disconnect();
}

export async function isLazyAndNeverUsed() {
  return new Redis(url, { lazyConnect: true }).status;
}

export async function reconnectsOnError() {
  const redis = new Redis(url, { reconnectOnError: () => true }); // opened here
  await redis.call('NOSUCH').catch(() => undefined);
  return redis.get('price').catch(() => null);
}

export async function setsTimeoutThatStays() {
  setTimeout(() => undefined, 30_000);
  return disconnectsInFinally();
}

/** Each call begins a loop that nobody ends. */
export async function pollsForEver() {
  const redis = new Redis(url);
  await redis.get('price');
  redis.disconnect();
  setTimeout(pollsForEver, 100);
}

export async function setsIntervalThatStays() {
  shared ??= new Redis(url);
  setInterval(() => shared.ping(), 5_000); // opened here
  return shared.get('price');
}
