// What a runtime, a package manager or a server has to carry, in plain JavaScript on the package as it is installed.
// Prints a line for each check, `ok …` or `not ok …: why`, and `done` where none failed. Checks named by arguments are left out.
import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createWithRedis, DeadlineExceededError, isWithRedisError, withRedis } from 'with-redis';
import { getRealtimeDashboardData } from 'with-redis/dashboard';
import { rules } from 'with-redis/eslint';
import { checkLeaks, replaceRedis } from 'with-redis/testing';

const require = createRequire(import.meta.url);
const url = process.env.REDIS_URL;
const key = `everywhere:${process.pid}:${Date.now()}`;
const checks = new Map();
const codeOf = (promise) =>
  promise.then(
    () => 'no error',
    (error) => error.code ?? error.name,
  );

/** An instance for the length of a function. */
async function using(options, fn) {
  const cache = createWithRedis({ url, ...options });
  try {
    return await fn(cache);
  } finally {
    await cache.close();
  }
}

for (const isolation of ['exclusive', 'shared', 'auto']) {
  checks.set(`${isolation}: twenty calls at once`, () =>
    using({ isolation, pool: true, maxConnections: 3 }, async (cache) => {
      await cache((redis) => redis.set(key, '1', 'EX', 60));
      const all = await Promise.all(Array.from({ length: 20 }, () => cache((redis) => redis.get(key))));
      assert.deepEqual(new Set(all), new Set(['1']));
      assert.ok(cache.stats().created <= 3);
    }),
  );
  checks.set(`${isolation}: the standing client`, () =>
    using({ isolation }, async ({ redis }) => {
      assert.equal(await redis.set(`${key}:n`, 1, 'EX', 60), 'OK');
      assert.deepEqual(await redis.multi().incr(`${key}:n`).incr(`${key}:n`).exec(), [
        [null, 2],
        [null, 3],
      ]);
    }),
  );
}
checks.set('a connection for each call, by REDIS_URL', async () => {
  assert.equal(await withRedis((redis) => redis.set(key, '1', 'EX', 60)), 'OK');
  assert.equal(await withRedis('label', (_redis, scope) => `${scope.label} ${scope.attempt}`), 'label 1');
});
checks.set('CommonJS beside ESM', async () => {
  const copy = require('with-redis');
  assert.equal(await copy.withRedis((redis) => redis.get(key)), '1');
  assert.equal(typeof require('with-redis/testing').checkLeaks, 'function');
  const error = await copy.withRedis(() => Promise.reject(new copy.ConfigurationError('x'))).catch((e) => e);
  assert.ok(isWithRedisError(error));
});
checks.set('over TLS, in many pieces', () =>
  using(
    { url: process.env.REDIS_TLS_URL, redis: { tls: { ca: process.env.REDIS_TLS_CA } }, pool: true },
    async (cache) => {
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
      await Promise.all(
        Array.from({ length: 5 }, async (_, id) => {
          await cache((redis) => redis.set(`${key}:tls:${id}`, bytes.subarray(id)));
          const back = await cache((redis) => redis.getBuffer(`${key}:tls:${id}`));
          assert.ok(bytes.subarray(id).equals(back));
        }),
      );
    },
  ),
);
checks.set('what is thrown arrives by identity', () =>
  using({ pool: true }, async (cache) => {
    for (const reason of [new Error('own'), undefined, null, 'text']) {
      await cache(() => Promise.reject(reason)).then(assert.fail, (got) => assert.equal(got, reason));
    }
  }),
);
checks.set('a deadline', () =>
  using({ pool: true, deadlineMs: 100 }, async (cache) => {
    const error = await cache((redis) => redis.blpop(`${key}:none`, 0)).catch((e) => e);
    assert.ok(error instanceof DeadlineExceededError, String(error));
  }),
);
checks.set('an abort, by its reason', () =>
  using({ pool: true }, async (cache) => {
    const signal = AbortSignal.timeout(50);
    const call = cache((redis) => redis.blpop(`${key}:none`, 0), { signal });
    await call.then(assert.fail, (reason) => assert.equal(reason, signal.reason));
  }),
);
checks.set('a blocking command that is given up loses nothing', () =>
  using({ pool: true, maxConnections: 2 }, async (cache) => {
    const stop = new AbortController();
    const call = codeOf(cache((redis) => redis.blpop(`${key}:list`, 0), { signal: stop.signal }));
    await pause(50);
    stop.abort();
    await call;
    await cache((redis) => redis.rpush(`${key}:list`, 'element'));
    assert.equal(await cache((redis) => redis.lpop(`${key}:list`)), 'element');
  }),
);
checks.set('a wait that is over', () =>
  using({ pool: true, maxConnections: 1, acquireTimeoutMs: 50 }, async (cache) => {
    const held = await cache.acquire();
    assert.equal(await codeOf(cache((redis) => redis.get(key))), 'ERR_WITH_REDIS_ACQUIRE_TIMEOUT');
    await held.release();
  }),
);
checks.set('a lease, by Symbol.asyncDispose', () =>
  using({ pool: true }, async (cache) => {
    const lease = await cache.acquire();
    assert.equal(await lease.redis.get(key), '1');
    await lease[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]();
    assert.equal(await codeOf(lease.redis.get(key)), 'ERR_WITH_REDIS_LEASE_RELEASED');
  }),
);
checks.set('a handle kept too long', () =>
  using({ pool: true }, async (cache) => {
    let kept;
    await cache((redis) => {
      kept = redis;
    });
    assert.equal(await codeOf(kept.get(key)), 'ERR_WITH_REDIS_LEASE_RELEASED');
  }),
);
checks.set('state ends with its borrower', () =>
  using({ pool: true, maxConnections: 1 }, async (cache) => {
    await cache(async (redis) => {
      await redis.select(1);
      await redis.watch(key);
    });
    assert.match(await cache((redis) => redis.client('INFO')), / db=0 /);
  }),
);
checks.set('pipelines, transactions and scripts', () =>
  using({ pool: true }, async (cache) => {
    const pipelined = await cache((redis) => redis.pipeline().get(key).ping().exec());
    assert.deepEqual(pipelined, [
      [null, '1'],
      [null, 'PONG'],
    ]);
    const other = `${key}:append`;
    const { replies } = await cache.transaction([other], async (redis, multi) => {
      multi.append(other, (await redis.get(other)) ?? 'new');
      multi.expire(other, 60);
    });
    assert.deepEqual(replies, [3, 1]);
    assert.equal(await cache((redis) => redis.eval('return redis.call("GET", KEYS[1])', 1, other)), 'new');
  }),
);
checks.set('bytes as they are', () =>
  using({ pool: true }, async (cache) => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
    const back = await cache(async (redis) => {
      await redis.set(`${key}:bytes`, bytes, 'EX', 60);
      return redis.getBuffer(`${key}:bytes`);
    });
    assert.ok(bytes.equals(back));
  }),
);
checks.set('a scan stream', () =>
  using({ pool: true }, async (cache) => {
    const found = await cache(async (redis) => {
      const keys = [];
      for await (const page of redis.scanStream({ match: key })) keys.push(...page);
      return keys;
    });
    assert.deepEqual(found, [key]);
  }),
);
checks.set('a subscription', () =>
  using({ pool: true, maxConnections: 2 }, async (cache) => {
    const heard = await cache(async (redis) => {
      await redis.subscribe(key);
      const message = once(redis, 'message');
      await cache((other) => other.publish(key, 'news'));
      return (await message)[1];
    });
    assert.equal(heard, 'news');
  }),
);
checks.set('a lost connection, repeated by retry', () =>
  using({ pool: true, maxConnections: 2, retry: { attempts: 3, delayMs: 10 } }, async (cache) => {
    const value = await cache(async (redis, { attempt }) => {
      if (attempt === 1) {
        const id = await redis.client('ID');
        await cache((other) => other.client('KILL', 'ID', id));
      }
      return redis.get(key);
    });
    assert.equal(value, '1');
  }),
);
checks.set('nobody listens', () =>
  using({ url: 'redis://127.0.0.1:1' }, async (cache) => {
    const error = await cache((redis) => redis.ping()).catch((e) => e);
    assert.equal(error.code, 'ERR_WITH_REDIS_CONNECT');
    assert.match(error.message, /127\.0\.0\.1:1/);
  }),
);
checks.set('mistakes are answered', () => {
  assert.throws(() => createWithRedis({ max: 3 }), /maxConnections/);
  assert.throws(() => createWithRedis(new Redis(url, { lazyConnect: true })), /connect/);
});
checks.set('async context, and nesting that is told of', async () => {
  const code = await using({ maxConnections: 1, pool: true, nested: 'forbid' }, (cache) =>
    codeOf(cache(() => cache((redis) => redis.get(key)))),
  );
  assert.equal(code, 'ERR_WITH_REDIS_NESTED_SCOPE');
});
checks.set('stacks begin at the caller', async () => {
  const told = [];
  const options = { pool: true, leakThresholdMs: 10, observer: { onLeak: ({ stack }) => told.push(stack) } };
  await using(options, async (cache) => {
    await cache(() => pause(40));
    await cache.transaction([key], () => pause(40));
    const held = await cache.acquire();
    await pause(40);
    await held.release();
  });
  assert.equal(told.length, 6); // held, and come back after all
  // On Bun it is among the frames of the package.
  const where = process.versions.bun ? /everywhere\.mjs/ : /^[^\n]*\n\s+at [^\n]*everywhere\.mjs/;
  for (const stack of told) assert.match(stack, where);
});
checks.set('hooks and tracing channels', async () => {
  const [seen, traced] = [[], []];
  const note = (message) => traced.push(message);
  diagnostics.subscribe('tracing:with-redis:scope:asyncEnd', note);
  await using({ pool: true, observer: { onRelease: (event) => seen.push(event) } }, (cache) =>
    cache((redis) => redis.get(key)),
  );
  diagnostics.unsubscribe('tracing:with-redis:scope:asyncEnd', note);
  assert.ok(seen.length > 0);
  assert.ok(traced.length > 0);
});
checks.set('close() waits, then refuses; the server has nobody left', async () => {
  const name = `everywhere-${process.pid}`;
  await using({ pool: true, redis: { connectionName: name } }, async (cache) => {
    let begun;
    const hasBegun = new Promise((resolve) => {
      begun = resolve;
    });
    const running = cache(async (redis) => {
      begun();
      await pause(30);
      return redis.get(key);
    });
    await hasBegun;
    await cache.close();
    assert.equal(await running, '1');
    assert.equal(await codeOf(cache(() => 1)), 'ERR_WITH_REDIS_CLOSED');
  });
  await pause(20);
  assert.doesNotMatch(await withRedis((redis) => redis.client('LIST')), new RegExp(name));
});
checks.set('many handles, no more memory', () =>
  using({ pool: true, maxConnections: 5 }, async (cache) => {
    const round = async () => {
      for (let i = 0; i < 300; i++) {
        await Promise.all(Array.from({ length: 20 }, () => cache((redis) => redis.get(key))));
      }
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    // Where nobody can ask for a collection the heap goes up and down; what stays is its lowest point.
    const lowest = async () => {
      let bytes = Number.POSITIVE_INFINITY;
      for (let rounds = 0; rounds < 12; rounds++) bytes = Math.min(bytes, await round());
      return bytes;
    };
    await round();
    const before = await lowest();
    const after = await lowest();
    assert.ok(after - before < 8 * 1024 * 1024, `${after - before} bytes more after 72,000 scopes`);
  }),
);
checks.set('leak check: none', () =>
  using({ pool: true }, async (cache) => {
    const report = await checkLeaks(() => cache((redis) => redis.get(key)), { calls: 5 });
    assert.deepEqual([report.ok, report.leaked], [true, []]);
  }),
);
checks.set('leak check: one that leaks', async () => {
  const open = [];
  const report = await checkLeaks(
    async () => {
      const redis = new Redis(url);
      open.push(redis);
      await redis.get(key);
    },
    { calls: 5, settleMs: 100 },
  );
  for (const redis of open) redis.disconnect();
  assert.equal(report.ok, false);
  assert.ok(report.leaked.length > 0);
  // What the kit cannot do there it says, by the name of the runtime.
  const { bun, deno } = process.versions;
  const limited = bun ? 'Bun' : deno ? 'Deno' : undefined;
  if (limited) assert.ok(report.notes.some((note) => note.startsWith(`${limited} does not tell`)));
});
checks.set('a client in place of a server', async () => {
  const other = new Redis(url, { lazyConnect: true });
  const { restore } = replaceRedis(withRedis, () => other.duplicate({ db: 1 }));
  assert.match(await withRedis((redis) => redis.client('INFO')), / db=1 /);
  await restore();
  assert.match(await withRedis((redis) => redis.client('INFO')), / db=0 /);
});
checks.set('the dashboard getter', async () => {
  const quiet = { info() {}, warn() {}, error() {} };
  const data = await getRealtimeDashboardData({
    withRedis,
    key: `${key}:absent`,
    attempts: 1,
    logger: quiet,
  });
  assert.equal(data, null);
});
checks.set('the lint rule loads', () => assert.ok(rules['no-ad-hoc-redis']));

const [leftOut, failed] = [new Set(process.argv.slice(2)), []];
for (const name of leftOut) assert.ok(checks.has(name), `no check is called '${name}'`);
for (const [name, check] of checks) {
  if (leftOut.has(name)) continue;
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    failed.push(name);
    console.log(
      `not ok ${name}: ${String(error?.stack ?? error)
        .split('\n')
        .slice(0, 6)
        .join(' | ')}`,
    );
  }
}
if (failed.length > 0) process.exitCode = 1;
else console.log('done');
