import type { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseEvent } from '../../src/index.js';
import { Instance } from '../../src/instance/instance.js';
import { readOptions } from '../../src/options/settings.js';
import { realEnvironment } from '../../src/server/environment.js';
import { clientOf } from '../support/client-of.js';
import { expectBalanced, outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';
import { ioredisMajor } from '../support/ioredis-major.js';
import type { RedisClientRow } from '../support/redis-observer.js';
import { runOn } from '../support/run-on.js';
import { SkippableClock } from '../support/skippable-clock.js';

/** A command as one would type it, the name in small letters. */
type Typed = readonly [name: string, ...args: (string | number)[]];

/** What happens to a connection that somebody left in this state, in good order. */
type Fate = 'reused' | 'cleaned' | 'destroyed';

interface Mess {
  readonly name: string;
  readonly commands: readonly Typed[];
  /** By the direct method, where fn returns or throws. */
  readonly fate: Fate;
  /** Replies that never come, or only when another client acts. */
  readonly unanswered?: boolean;
  /** First server version that knows it. */
  readonly since?: readonly [major: number, minor: number];
  readonly notIn?: readonly Way[];
}

const WAYS = ['direct', 'call', 'pipeline', 'multi'] as const;
type Way = (typeof WAYS)[number];

const EXITS = ['success', 'throw', 'abort', 'deadline'] as const;
type Exit = (typeof EXITS)[number];

const DEADLINE_MS = 20_000;
const RELEASE_TIMEOUT_MS = 1_000;

const MESSES: readonly Mess[] = [
  { name: 'WATCH', commands: [['watch', 'key']], fate: 'cleaned' },
  { name: 'MULTI left open', commands: [['multi']], fate: 'cleaned', notIn: ['multi'] },
  {
    name: 'MULTI with a command queued',
    commands: [['multi'], ['set', 'ghost', 1]],
    fate: 'cleaned',
    notIn: ['multi'],
  },
  {
    name: 'WATCH, MULTI and a queued UNWATCH',
    commands: [['watch', 'key'], ['multi'], ['unwatch']],
    fate: 'cleaned',
    notIn: ['multi'],
  },
  { name: 'SELECT', commands: [['select', 3]], fate: 'cleaned' },
  {
    name: 'SELECT and WATCH',
    commands: [
      ['select', 3],
      ['watch', 'key'],
    ],
    fate: 'cleaned',
  },
  { name: 'SELECT out of range', commands: [['select', 99]], fate: 'cleaned' },
  { name: 'SUBSCRIBE', commands: [['subscribe', 'news']], fate: 'cleaned' },
  { name: 'SUBSCRIBE to two', commands: [['subscribe', 'news', 'more']], fate: 'cleaned' },
  { name: 'PSUBSCRIBE', commands: [['psubscribe', 'n*']], fate: 'cleaned' },
  { name: 'SSUBSCRIBE', commands: [['ssubscribe', 'news']], fate: 'destroyed' },
  {
    name: 'SUBSCRIBE and PSUBSCRIBE',
    commands: [
      ['subscribe', 'news', 'more'],
      ['psubscribe', 'n*'],
    ],
    fate: 'destroyed',
  },
  {
    name: 'SUBSCRIBE and SSUBSCRIBE',
    commands: [
      ['subscribe', 'news'],
      ['ssubscribe', 'shard'],
    ],
    fate: 'destroyed',
  },
  {
    name: 'SUBSCRIBE, then UNSUBSCRIBE of another kind',
    commands: [['subscribe', 'news'], ['sunsubscribe']],
    fate: 'destroyed',
    unanswered: true,
  },
  {
    name: 'SSUBSCRIBE, then UNSUBSCRIBE of another kind',
    commands: [['ssubscribe', 'news'], ['unsubscribe']],
    fate: 'destroyed',
    unanswered: true,
  },
  { name: 'CLIENT SETNAME', commands: [['client', 'setname', 'somebody']], fate: 'destroyed' },
  { name: 'CLIENT TRACKING', commands: [['client', 'tracking', 'on', 'bcast']], fate: 'destroyed' },
  {
    name: 'CLIENT TRACKING and a read',
    commands: [
      ['client', 'tracking', 'on'],
      ['get', 'key'],
    ],
    fate: 'destroyed',
  },
  {
    name: 'CLIENT CACHING',
    commands: [
      ['client', 'tracking', 'on', 'optin'],
      ['client', 'caching', 'yes'],
    ],
    fate: 'destroyed',
  },
  { name: 'CLIENT REPLY SKIP', commands: [['client', 'reply', 'skip']], fate: 'destroyed', unanswered: true },
  { name: 'CLIENT REPLY OFF', commands: [['client', 'reply', 'off']], fate: 'destroyed', unanswered: true },
  // It may be its own.
  { name: 'CLIENT KILL', commands: [['client', 'kill', 'type', 'pubsub']], fate: 'destroyed' },
  { name: 'CLIENT NO-EVICT', commands: [['client', 'no-evict', 'on']], fate: 'destroyed' },
  { name: 'CLIENT NO-TOUCH', commands: [['client', 'no-touch', 'on']], fate: 'destroyed', since: [7, 2] },
  {
    name: 'CLIENT SETINFO',
    commands: [['client', 'setinfo', 'lib-name', 'x']],
    fate: 'destroyed',
    since: [7, 2],
  },
  { name: 'AUTH as somebody else', commands: [['auth', 'guest', 'guest']], fate: 'destroyed' },
  { name: 'HELLO 3', commands: [['hello', 3]], fate: 'destroyed', unanswered: true },
  { name: 'HELLO 2', commands: [['hello', 2, 'setname', 'somebody']], fate: 'destroyed', unanswered: true },
  { name: 'RESET', commands: [['reset']], fate: 'destroyed', unanswered: true },
  { name: 'SCRIPT DEBUG', commands: [['script', 'debug', 'yes']], fate: 'destroyed' },
  {
    name: 'REPLCONF',
    commands: [['replconf', 'listening-port', 1]],
    fate: 'destroyed',
    notIn: ['direct', 'pipeline', 'multi'],
  },
  {
    name: 'a command nobody knows',
    commands: [['frobnicate', 1]],
    fate: 'destroyed',
    notIn: ['direct', 'pipeline', 'multi'],
  },
  {
    name: 'BLPOP without an end',
    commands: [['blpop', 'nothing', 0]],
    fate: 'destroyed',
    unanswered: true,
    notIn: ['multi'],
  },
  {
    name: 'XREAD BLOCK without an end',
    commands: [['xread', 'block', 0, 'streams', 'nothing', '$']],
    fate: 'destroyed',
    unanswered: true,
    notIn: ['multi'],
  },
  {
    name: 'WAIT for replicas',
    commands: [['wait', 1, 0]],
    fate: 'destroyed',
    unanswered: true,
    notIn: ['multi'],
  },
  { name: 'MONITOR', commands: [['monitor']], fate: 'reused' },
  { name: 'QUIT', commands: [['quit']], fate: 'reused' },
];

/** What a borrower does to the handle instead of to the server. */
const HANDLING: readonly { readonly name: string; readonly mess: (redis: Redis) => unknown }[] = [
  { name: 'a listener', mess: (redis) => redis.on('message', () => {}).once('error', () => {}) },
  { name: 'a listener limit', mess: (redis) => redis.setMaxListeners(1) },
  {
    name: 'defineCommand',
    mess: (redis) => redis.defineCommand('mine', { lua: 'return 1', numberOfKeys: 0 }),
  },
  {
    name: 'defineCommand over a builtin',
    mess: (redis) => redis.defineCommand('get', { lua: 'return 1', numberOfKeys: 0 }),
  },
  { name: 'addBuiltinCommand', mess: (redis) => redis.addBuiltinCommand('mine') },
  { name: 'a mutated keyPrefix', mess: (redis) => Object.assign(redis.options, { keyPrefix: 'mine:' }) },
  { name: 'a mutated commandTimeout', mess: (redis) => Object.assign(redis.options, { commandTimeout: 1 }) },
  {
    name: 'auto-pipelining switched on, with a command waiting',
    mess: (redis) => {
      redis.options.enableAutoPipelining = true;
      redis.set('ghost', 1).catch(() => {});
    },
  },
  { name: 'a property of its own', mess: (redis) => Object.assign(redis, { mine: true, get: () => 'mine' }) },
];

type Invoke = (name: string, ...args: unknown[]) => unknown;

/** Sends the commands in one of the ways there are, and looks at no reply. */
function send(redis: Redis, commands: readonly Typed[], way: Way): Promise<unknown> {
  if (way === 'pipeline' || way === 'multi') {
    const batch = way === 'pipeline' ? redis.pipeline() : redis.multi();
    for (const [name, ...args] of commands) {
      const method = (batch as unknown as Record<string, unknown>)[name];
      // `multi` on a pipeline begins a transaction that its `exec` ends.
      if (typeof method === 'function' && name !== 'multi')
        (method as Invoke).call(batch, ...(args as [string]));
      else batch.call(name, ...(args as [string]));
    }
    return batch.exec();
  }
  const replies = commands.map(([name, ...args]) => {
    if (way === 'call') return redis.call(name.toUpperCase(), ...(args as [string]));
    if (name === 'multi') return redis.multi({ pipeline: false });
    return (redis as unknown as Record<string, Invoke>)[name]?.(...(args as [string]));
  });
  return Promise.allSettled(replies);
}

const seen = ['flags', 'db', 'sub', 'psub', 'ssub', 'watch', 'user', 'resp', 'name', 'redir', 'lib-name'];

const look = (row: RedisClientRow | undefined) =>
  Object.fromEntries([
    ['multi', row?.multi],
    ...seen.filter((field) => row?.fields[field] !== undefined).map((field) => [field, row?.fields[field]]),
  ]);

function listenerCounts(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));
}

describe.each(ioredisMajor === 6 ? [2, 3] : [2])('dirty hand-over, RESP%i', (protocol) => {
  const redis = useServer();
  let pristine: Awaited<ReturnType<typeof borrowAndLook>>;
  let version: readonly number[];
  let instance: Instance;
  let clock: SkippableClock;
  let released: ReleaseEvent[];

  const make = () => {
    clock = new SkippableClock();
    released = [];
    const settings = readOptions({
      url: redis.url,
      redis: { protocol } as object,
      pool: true,
      maxConnections: 1,
      deadlineMs: DEADLINE_MS,
      acquireTimeoutMs: 2_000,
      releaseTimeoutMs: RELEASE_TIMEOUT_MS,
      observer: { onRelease: (event) => released.push(event) },
    });
    instance = new Instance(settings, { ...realEnvironment, clock });
  };

  /** Runs `fn` in a scope and leaves it by one of its exits. */
  async function leave(exit: Exit, fn: (redis: Redis) => unknown, unanswered = false): Promise<void> {
    const controller = new AbortController();
    const reason = new Error(`left by ${exit}`);
    let hurry: NodeJS.Timeout | undefined;
    const call = runOn(
      instance,
      async (handle) => {
        await fn(handle);
        // Nobody need wait for the end of the release's patience with replies that will not come.
        if (unanswered) hurry = setTimeout(() => clock.skip(RELEASE_TIMEOUT_MS), 20);
        if (exit === 'throw') throw reason;
        if (exit === 'abort') controller.abort(reason);
        // A limit ends with a whole millisecond.
        if (exit === 'deadline') clock.skip(DEADLINE_MS + 1);
        if (exit === 'success') return 'done';
        return new Promise(() => {});
      },
      { signal: controller.signal },
    );
    const { value, error } = await outcomeOf(call);
    clearTimeout(hurry);
    if (exit === 'success') expect(value).toBe('done');
    else if (exit === 'deadline') expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_DEADLINE_EXCEEDED' });
    else expect(error).toBe(reason);
    expect((await redis.clients()).length).toBeLessThanOrEqual(1);
  }

  /** What the next borrower finds, told by the server, by the client, and by what commands do. */
  async function borrowAndLook(): Promise<object> {
    return runOn(instance, async (handle) => {
      const token = `token ${Math.random()}`;
      const raw = clientOf(handle);
      const own = Object.keys(handle).sort();
      const heard: unknown[] = [];
      for (const event of ['message', 'pmessage', 'smessage', 'messageBuffer', 'monitor'])
        handle.on(event, (...args: unknown[]) => heard.push([event, ...args]));
      const echoed = await handle.echo(token);
      const id = await handle.client('ID');
      const rows = await redis.observer.clients();
      await redis.observer.command('SET', 'key', token);
      await redis.observer.command('PUBLISH', 'news', 'late');
      await redis.observer.command('SPUBLISH', 'news', 'late');
      const transaction = await handle.multi().get('key').set('own', token).exec();
      const pipelined = await handle.pipeline().get('key').get('own').exec();
      return {
        own,
        echo: echoed === token,
        row: look(rows.find((row) => row.id === id)),
        others: rows.length - 1,
        key: (await handle.get('key')) === token,
        ghost: await redis.observer.command('EXISTS', 'ghost', 'mine:own'),
        inDatabase: await redis.observer.command('EXISTS', 'own'),
        transaction: transaction?.map(([error, value]) => error ?? (value === token ? 'token' : value)),
        pipelined: pipelined?.map(([error, value]) => error ?? (value === token ? 'token' : value)),
        heard,
        listeners: listenerCounts(raw),
        limit: [handle.getMaxListeners(), raw.getMaxListeners()],
        options: {
          ...raw.options,
          keyPrefix: handle.options.keyPrefix,
          autoPipelining: handle.options.enableAutoPipelining,
        },
        select: raw.condition.select,
        subscriber: Boolean(raw.condition.subscriber),
        status: [handle.status, raw.status, handle.mode],
        scripts: Object.keys(handle.scriptsSet),
        builtins: [...handle.addedBuiltinSet],
        get: Object.hasOwn(handle, 'get'),
        tail: await handle.echo(`${token} again`).then((reply) => reply === `${token} again`),
      };
    });
  }

  beforeAll(async () => {
    version = (await redis.observer.info('server')).redis_version?.split('.').map(Number) ?? [];
    await redis.observer.command('ACL', 'SETUSER', 'guest', 'on', '>guest', '~*', '&*', '+@all');
    await redis.observer.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    make();
    pristine = await borrowAndLook();
    await instance.close({ deadlineMs: 1_000 });
  });

  beforeEach(async () => {
    await redis.observer.command('FLUSHALL');
    make();
  });

  afterEach(async () => {
    await instance.close({ deadlineMs: 1_000 });
    expect(await redis.clients()).toEqual([]);
    expectBalanced(instance.stats());
  });

  const cases = MESSES.flatMap((mess) =>
    WAYS.filter((way) => !mess.notIn?.includes(way)).flatMap((way) =>
      EXITS.map((exit) => ({ ...mess, way, exit })),
    ),
  );

  it.for(cases)(
    '$name by $way, left by $exit',
    async ({ commands, way, exit, fate, unanswered, since }, { skip }) => {
      const [serverMajor = 0, serverMinor = 0] = version;
      if (since && (serverMajor < since[0] || (serverMajor === since[0] && serverMinor < since[1])))
        skip(`the server is ${version.join('.')}, the command came with ${since.join('.')}`);
      const startedAt = performance.now();
      await leave(
        exit,
        async (handle) => {
          const replies = outcomeOf(send(handle, commands, way));
          if (unanswered) await Promise.race([replies, sleep(5)]);
          else await replies;
        },
        unanswered,
      );
      expect(performance.now() - startedAt).toBeLessThan(RELEASE_TIMEOUT_MS);
      const inOrder = exit === 'success' || exit === 'throw';
      if (way === 'direct' || way === 'call')
        expect(released.at(-1)?.disposition).toBe(inOrder ? fate : 'destroyed');
      expect(await borrowAndLook()).toEqual(pristine);
    },
  );

  const handlings = HANDLING.flatMap((handling) => EXITS.map((exit) => ({ ...handling, exit })));

  it.each(handlings)('$name on the handle, left by $exit', async ({ mess, exit }) => {
    await leave(exit, async (handle) => {
      await handle.ping();
      mess(handle);
    });
    expect(await borrowAndLook()).toEqual(pristine);
  });
});

describe('dirty hand-over, elsewhere than in database 0', () => {
  const redis = useServer();
  const instance = useInstances(() => ({ url: `${redis.url}/5`, pool: true, maxConnections: 1 }));

  it('goes back to the database of the instance', async () => {
    const cache = instance();
    const dbOf = async (handle: Redis) => /db=(\d+)/.exec(String(await handle.client('INFO')))?.[1];
    for (const exit of ['returns', 'throws']) {
      const call = cache(async (handle) => {
        await handle.call('Select', 3);
        if (exit === 'throws') throw new Error(exit);
      });
      await outcomeOf(call);
      expect(await cache(dbOf)).toBe('5');
    }
    expect(cache.stats().created).toBe(1);
  });
});

describe('dirty hand-over, on a node of a cluster', () => {
  const redis = useServer({ args: ['--cluster-enabled', 'yes'] });
  const instance = useInstances(() => ({ url: redis.url, pool: true, maxConnections: 1 }));

  it.each(['READONLY', 'ASKING', 'READWRITE'])('%s leaves nothing behind', async (command) => {
    const cache = instance();
    const look = async (handle: Redis) => /flags=(\w+)/.exec(String(await handle.client('INFO')))?.[1];
    expect(await cache(look)).toBe('N');
    for (const name of [command, command.toLowerCase()]) {
      expect(await cache((handle) => handle.call(name))).toBe('OK');
      expect(await cache(look)).toBe('N');
      await cache((handle) => handle.pipeline().call(name).exec());
      expect(await cache(look)).toBe('N');
    }
    expect(cache.stats().destroyed).toEqual({ dirty: 4 });
  });
});
