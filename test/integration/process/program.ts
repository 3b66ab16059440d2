import { writeSync } from 'node:fs';
import { Redis } from 'ioredis';
import { createWithRedis, type WithRedis, type WithRedisOptions, withRedis } from '../../../src/index.js';
import { asClusterOptions, inCluster, withDefaultKey } from '../../support/cluster-backend.js';

/** Runs one case by name in a process of its own. Told of itself on descriptor 3; stdout and stderr belong to accidents. */
const [name = '', url = '', extra = '{}'] = process.argv.slice(2);
const options = JSON.parse(extra) as WithRedisOptions;

const say = (said: object) => void writeSync(3, `${JSON.stringify(said)}\n`);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as { code?: string; message: string },
  );

const make = (more: WithRedisOptions = {}): WithRedis => {
  const all = { url, ...options, ...more };
  return inCluster ? withDefaultKey(createWithRedis(asClusterOptions(all))) : createWithRedis(all);
};
const ping = (redis: { ping(): Promise<string> }) => redis.ping();

let doneAt = 0;

/** Nothing may keep the process alive once these have resolved. */
const exits: Record<string, () => Promise<unknown>> = {
  'one scope': () => make()(ping),
  'many scopes': async () => {
    const cache = make();
    await Promise.all(Array.from({ length: 20 }, () => cache(ping)));
    await sleep(30);
    await Promise.all(Array.from({ length: 3 }, () => cache(ping)));
  },
  'a lease': async () => {
    const lease = await make().acquire();
    await lease.redis.ping();
    await lease.release();
  },
  'a scope that threw': () => failureOf(make()(() => Promise.reject(new Error('business')))),
  'a scope that left something to undo': () => failureOf(make()((redis) => redis.watch('key'))),
  'a scope that was aborted behind a blocking command': () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    return failureOf(make()((redis) => redis.blpop('nothing', 0), { signal: controller.signal }));
  },
  'a scope past its deadline': () =>
    failureOf(make()((redis) => redis.blpop('nothing', 0), { deadlineMs: 50 })),
  'a deadline of an hour that was not needed': () => make()(ping, { deadlineMs: 3_600_000 }),
  'a retry that was aborted in its backoff': () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const retry = { attempts: 3, delayMs: 60_000, idempotent: true };
    const fail = () => Promise.reject(new Error('again'));
    return failureOf(make({ retry })(fail, { signal: controller.signal }));
  },
  'a waiter that was aborted': async () => {
    const cache = make({ maxConnections: 2, isolation: 'exclusive' });
    const leases = await Promise.all([cache.acquire(), cache.acquire()]);
    const controller = new AbortController();
    const waiting = failureOf(cache(ping, { signal: controller.signal }));
    controller.abort();
    await waiting;
    await Promise.all(leases.map((lease) => lease.release()));
  },
  'the default instance': () => withRedis(ping),
  'the default instance, closed': async () => {
    await withRedis(ping);
    await withRedis.close();
  },
  'a close': async () => {
    const cache = make();
    await Promise.all([cache(ping), cache(ping)]);
    await cache.close();
  },
  'a close by force': async () => {
    const cache = make();
    const stuck = failureOf(cache((redis) => redis.ping().then(() => new Promise(() => {}))));
    await cache(ping);
    await cache.close({ deadlineMs: 50 });
    await stuck;
  },
  'a close of what was never used': () => make().close(),
  'a server that is down': () => failureOf(make({ url: 'redis://127.0.0.1:1' })(ping)),
  'a probe that nobody waits for any more': async () => {
    const cache = make({ pool: { validateAfterIdleMs: 1 }, isolation: 'exclusive' });
    await cache(ping);
    await sleep(100);
    const controller = new AbortController();
    const waiting = failureOf(cache(ping, { signal: controller.signal }));
    await sleep(5);
    controller.abort();
    await waiting;
  },
};

/** Everything that can go wrong, in a service that handles its own rejections and nothing else. */
const accidents: Record<string, () => Promise<unknown>> = {
  refused: async () => {
    const cache = make({ url: 'redis://127.0.0.1:1' });
    await Promise.all(Array.from({ length: 20 }, () => failureOf(cache(ping))));
    await cache.close();
  },
  mute: async () => {
    const cache = make({ acquireTimeoutMs: 100 });
    await Promise.all(Array.from({ length: 5 }, () => failureOf(cache(ping))));
    await cache.close({ deadlineMs: 100 });
  },
  killed: async () => {
    const cache = make();
    const witness = make({ pool: false, isolation: 'exclusive' });
    const kill = (id: unknown) => witness((other) => other.call('CLIENT', 'KILL', 'ID', String(id)));
    for (let round = 0; round < 5; round++) {
      await failureOf(
        cache(async (redis) => {
          // From here on a connection of its own, where scopes may share one.
          await failureOf(redis.blpop('nothing', 0.01));
          const id = await redis.client('ID');
          void redis.get('forgotten');
          const blocked = redis.blpop('nothing', 0);
          await kill(id);
          await blocked;
        }),
      );
      await kill(await cache((redis) => redis.client('ID')));
      await failureOf(cache(ping));
    }
    await cache.close();
  },
  'forgotten commands': async () => {
    const cache = make({ releaseTimeoutMs: 100 });
    for (let round = 0; round < 5; round++) {
      await cache((redis) => {
        void redis.set('a', 1);
        void redis.incr('a');
        void redis.hget('a', 'b');
        void redis.pipeline().get('a').hget('a', 'b').exec();
        void redis.multi().set('b', 1).exec();
        void redis.eval('return redis.error_reply("oh")', 0);
        redis.defineCommand('mine', { lua: 'return redis.error_reply("oh")', numberOfKeys: 0 });
        void (redis as unknown as { mine(): Promise<unknown> }).mine();
      });
      await cache((redis) => void redis.xread('BLOCK', 0, 'STREAMS', 'nothing', '$'));
      await failureOf(
        cache((redis) => {
          void redis.get('a');
          setTimeout(() => void redis.incr('a'), 5);
          setTimeout(() => void redis.pipeline().incr('a').exec(), 5);
          setTimeout(() => void redis.multi().incr('a').exec(), 5);
          throw new Error('business');
        }),
      );
      await sleep(10);
    }
    await cache.close();
  },
  'a forgotten script that the server has never seen': async () => {
    const cache = make({ isolation: 'exclusive' });
    await cache((redis) => {
      const scripted = redis as unknown as { mine(): Promise<unknown> };
      redis.defineCommand('mine', { lua: 'return 1', numberOfKeys: 0 });
      void scripted.mine();
      void redis.script('FLUSH');
      void scripted.mine();
    });
    await cache.close();
  },
  'forgotten scan streams': async () => {
    const cache = make();
    await cache((redis) =>
      redis.mset(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`{scan}key${i}`, '1']))),
    );
    for (const kind of ['scanStream', 'scanBufferStream'] as const) {
      await cache(async (redis) => {
        redis[kind]({ count: 10 }).on('data', () => {});
        await redis.ping();
      });
      let kept: NodeJS.ReadableStream | undefined;
      await cache((redis) => {
        kept = redis[kind]({ count: 10 }) as unknown as NodeJS.ReadableStream;
      });
      kept?.resume();
      await sleep(20);
    }
    await cache.close();
  },
  'an abort storm': async () => {
    const cache = make({ maxConnections: 4, releaseTimeoutMs: 200 });
    for (let round = 0; round < 10; round++) {
      const controller = new AbortController();
      const calls = Array.from({ length: 40 }, (_, i) =>
        failureOf(
          cache(
            async (redis) => {
              void redis.get('forgotten');
              await redis.set('key', i);
              await sleep(i % 5);
              await redis.ping();
            },
            { signal: controller.signal, deadlineMs: 5 + (i % 20) },
          ),
        ),
      );
      setTimeout(() => controller.abort(), round);
      await Promise.all(calls);
    }
    await cache.close();
  },
  'functions that throw nothing, at once and later': async () => {
    const cache = make();
    const thrown = async (promise: Promise<unknown>) =>
      promise.then(
        () => 'resolved',
        (error) => [error],
      );
    say({
      thrown: await Promise.all([
        thrown(
          cache(() => {
            throw undefined;
          }),
        ),
        thrown(cache(() => Promise.reject(undefined))),
        thrown(
          cache(async () => {
            throw null;
          }),
        ),
      ]),
    });
    await cache.close();
  },
  'hooks that throw and reject': async () => {
    const fail = () => {
      throw new Error('hook');
    };
    const later = (() => Promise.reject(new Error('hook'))) as () => void;
    for (const hook of [fail, later]) {
      const cache = make({
        observer: {
          onAcquire: hook,
          onRelease: hook,
          onRetry: hook,
          onReleaseError: hook,
          onLeak: hook,
          onConnect: hook,
          onClose: hook,
        },
        retry: { attempts: 2, delayMs: 1, idempotent: true },
        releaseTimeoutMs: 100,
      });
      await cache(ping);
      await failureOf(cache(() => Promise.reject(new Error('business'))));
      await cache((redis) => void redis.get('forgotten'));
      await failureOf(cache((redis) => redis.watch('key')));
      await cache.close();
    }
  },
  'SUBSCRIBE in capitals': async () => {
    const cache = make({ isolation: 'exclusive' });
    const publisher = make({ isolation: 'exclusive' });
    const heard: unknown[] = [];
    await cache(async (redis) => {
      redis.on('message', (_channel, message) => heard.push(message));
      await redis.call('SUBSCRIBE', 'news');
      await redis.call('PSUBSCRIBE', 'n*');
      await publisher((other) => other.publish('news', 'hello'));
      await sleep(30);
    });
    await cache(ping);
    await publisher((other) => other.publish('news', 'late'));
    await sleep(30);
    say({ heard });
    await cache.close();
    await publisher.close();
  },
  'errors of the server in every form': async () => {
    const cache = make();
    await failureOf(cache((redis) => redis.call('NOSUCH')));
    await failureOf(cache((redis) => redis.incr('text').then(() => redis.hget('text', 'a'))));
    await failureOf(cache((redis) => redis.eval('return redis.error_reply("oh")', 0)));
    await cache.close();
  },
  'a client of a factory that fails and one that comes late': async () => {
    let dials = 0;
    const cache = make({
      url: undefined as never,
      connect: async () => {
        dials += 1;
        if (dials % 3 === 0) throw new Error('no credentials');
        if (dials % 3 === 1) await sleep(80);
        return new Redis(url);
      },
      acquireTimeoutMs: 50,
    });
    await Promise.all(Array.from({ length: 12 }, () => failureOf(cache(ping))));
    await sleep(100);
    await cache.close({ deadlineMs: 500 });
  },
};

const special: Record<string, () => Promise<unknown>> = {
  /** Ticks of an interval of 10 ms while a factory fails as fast as it can. */
  'ticks under failing factories': async () => {
    let ticks = 0;
    const interval = setInterval(() => ticks++, 10);
    const cpu = process.cpuUsage();
    const failing = make({
      url: undefined as never,
      connect: (() => {
        throw new Error('at once');
      }) as never,
    });
    const rejecting = make({
      url: undefined as never,
      connect: () => Promise.reject(new Error('in a microtask')),
    });
    const until = performance.now() + 500;
    let calls = 0;
    while (performance.now() < until) {
      await Promise.all([failing, rejecting].map((cache) => failureOf(cache(ping))));
      calls += 2;
      await sleep(5);
    }
    clearInterval(interval);
    const { user, system } = process.cpuUsage(cpu);
    say({
      ticks,
      calls,
      cpuMs: (user + system) / 1_000,
      pending: failing.stats().pending + rejecting.stats().pending,
    });
  },
  /** The module is loaded again and again, as by a dev server, and each copy is used. */
  'twenty copies of the module': async () => {
    const copies: WithRedis[] = [];
    for (let copy = 0; copy < 20; copy++) {
      const loaded = (await import(`${import.meta.url}?copy=${copy}`)) as { defaultInstance: WithRedis };
      copies.push(loaded.defaultInstance);
    }
    say({ copies: new Set(copies).size });
    await Promise.all(copies.flatMap((copy) => Array.from({ length: 10 }, () => copy(ping))));
    const [first, second] = copies;
    await first?.close();
    say({ afterClose: await failureOf(first!(ping)), elsewhere: await second?.(ping) });
  },
  /** Uses a connection, waits until the process was stopped and goes on, and uses it again. */
  'frozen and thawed': async () => {
    const cache = make();
    await Promise.all([cache(ping), cache(ping)]);
    let last = Date.now();
    say({ warm: true });
    while (Date.now() - last < 1_000) {
      last = Date.now();
      await sleep(10);
    }
    const thawed = performance.now();
    const value = await cache(ping);
    say({ value, tookMs: performance.now() - thawed });
    await cache.close({ deadlineMs: 100 });
  },
};

export const defaultInstance = withRedis;

if (!import.meta.url.includes('?copy=')) {
  process.on('exit', () => say({ exitedAfterMs: performance.now() - doneAt }));
  const all = { ...exits, ...accidents, ...special };
  if (name === 'list') say({ exits: Object.keys(exits), accidents: Object.keys(accidents) });
  else await all[name]?.();
  doneAt = performance.now();
  say({ done: name });
}
