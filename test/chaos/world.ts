import {
  createWithRedis,
  isWithRedisError,
  type Lease,
  type Observer,
  type ScopedRedis,
  type WithRedis,
} from '../../src/index.js';
import { type FaultMode, type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { observeRedis, type RedisObserver } from '../support/redis-observer.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import type { Program, ScopeKind, Step } from './program.js';

/** Limits of every call, small so that a program takes no longer than they do. */
export const LIMITS = { deadlineMs: 300, acquireTimeoutMs: 150, releaseTimeoutMs: 300 };

const LOSSY: readonly string[] = ['mute', 'drop-replies', 'blackhole'];

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A server and a faulty network, used by one program after another. */
export class Ground {
  server!: RedisServer;
  observer!: RedisObserver;
  proxy!: FaultProxy;
  /** The longest that the event loop was late, which no limit can make up for. */
  lagMs = 0;
  #expected = performance.now();
  readonly #heartbeat = setInterval(() => {
    const now = performance.now();
    this.lagMs = Math.max(this.lagMs, now - this.#expected - 10);
    this.#expected = now;
  }, 10);

  static async prepare(): Promise<Ground> {
    const ground = new Ground();
    ground.server = await startRedisServer();
    ground.observer = await observeRedis(ground.server.url);
    ground.proxy = await startFaultProxy(ground.server);
    // What is loaded on first use is loaded now: limits of a few ms are about the network.
    const first = createWithRedis({ url: ground.proxy.url, pool: true });
    await first((redis) => redis.ping());
    await first.close();
    return ground;
  }

  async restart(): Promise<void> {
    const { port } = this.server;
    await this.observer.close();
    await this.server.stop();
    this.server = await startRedisServer({ port });
    this.observer = await observeRedis(this.server.url);
  }

  async clear(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.proxy.close();
    await this.observer.close();
    await this.server.stop();
  }
}

interface Ran {
  readonly tookMs: number;
  readonly error: unknown;
}

/** Runs one program and notes whatever must never be seen. */
export class World {
  readonly violations: string[] = [];
  scopes = 0;
  readonly outcomes: Record<string, number> = {};
  readonly #ground: Ground;
  readonly #program: Program;
  readonly #max: number;
  #cache: WithRedis;
  /** What hooks were told since the instance was made. */
  #seen = { acquired: 0, released: 0, connected: 0, closed: 0 };
  #running = new Set<Promise<void>>();
  #leases: Lease[] = [];
  #serial = 0;
  #counted: string[] = [];
  /** Who uses a client now: one at a time, unless it is shared. */
  readonly #users = new Map<object, number>();
  /** Data did not survive. */
  #restarts = 0;

  constructor(ground: Ground, program: Program) {
    this.#ground = ground;
    this.#program = program;
    this.#max = program.options.maxConnections ?? 10;
    this.#cache = this.#make();
    ground.lagMs = 0;
  }

  async run(): Promise<void> {
    for (const step of this.#program.steps) {
      await this.#step(step);
      await this.#check(`after ${JSON.stringify(step)}`);
    }
    await this.#finish();
  }

  #make(): WithRedis {
    const { url } = this.#ground.proxy;
    const seen = { acquired: 0, released: 0, connected: 0, closed: 0 };
    this.#seen = seen;
    const observer: Observer = {
      onAcquire: () => void seen.acquired++,
      onRelease: () => void seen.released++,
      onConnect: () => void seen.connected++,
      onClose: () => void seen.closed++,
    };
    return createWithRedis({ ...LIMITS, url, observer, ...this.#program.options }) as WithRedis;
  }

  async #step(step: Step): Promise<void> {
    const { proxy, observer, server } = this.#ground;
    switch (step.do) {
      case 'scopes':
        for (const kind of step.kinds) this.#start(kind, step);
        return;
      case 'acquire':
        this.#track(this.#acquire(step.kind, step.abortAfterMs));
        return;
      case 'give back': {
        const lease = this.#leases.shift();
        if (lease) this.#track(this.#giveBack(lease, step.by));
        return;
      }
      case 'network':
        this.#switch(step.mode);
        return;
      case 'reset':
        proxy.reset();
        return;
      case 'kill':
        await observer.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        return;
      case 'restart':
        this.#restarts += 1;
        await this.#ground.restart();
        return;
      case 'freeze': {
        const frozen = proxy.freeze();
        await sleep(step.ms);
        frozen.end();
        return;
      }
      case 'pause':
        server.pause();
        await sleep(step.ms);
        server.resume();
        return;
      case 'wait':
        await sleep(step.ms);
        return;
      case 'settle':
        await Promise.all(this.#running);
        return;
      case 'close':
        await this.#close(step.deadlineMs);
        this.#cache = this.#make();
        return;
    }
  }

  /** A network may lose a connection, but no bytes in the middle of one: what a mode has swallowed does not go on. */
  #switch(mode: FaultMode): void {
    const { proxy } = this.#ground;
    if (typeof proxy.mode === 'string' && LOSSY.includes(proxy.mode)) proxy.reset();
    proxy.mode = mode;
  }

  /** Of the client's own view at any time; of the server's, as soon as it has been told. */
  async #check(when: string): Promise<void> {
    const stats = this.#cache.stats();
    const destroyed = Object.values(stats.destroyed).reduce((sum, count) => sum + count, 0);
    if (stats.created !== stats.idle + stats.borrowed + destroyed)
      this.#violate(`${when}: the ledger does not balance: ${JSON.stringify(stats)}`);
    if (stats.size + stats.connecting > this.#max)
      this.#violate(`${when}: ${stats.size} connections and ${stats.connecting} dials`);
    await this.#atMost(this.#max, () => this.#ground.proxy.open, `${when}: sockets at the proxy`);
    const { mode } = this.#ground.proxy;
    if (mode === 'blackhole' || mode === 'mute') return;
    const onServer = async () => (await this.#ground.observer.clients()).length;
    await this.#atMost(this.#max, onServer, `${when}: connections on the server`);
  }

  async #atMost(max: number, count: () => number | Promise<number>, what: string): Promise<void> {
    const until = performance.now() + 150 + 2 * this.#ground.lagMs;
    let seen = await count();
    while (seen > max && performance.now() < until) {
      await sleep(5);
      seen = await count();
    }
    if (seen > max) this.#violate(`${what}: ${seen}, not at most ${max}`);
  }

  async #finish(): Promise<void> {
    const { proxy, observer } = this.#ground;
    await Promise.all(this.#running);
    for (const lease of this.#leases.splice(0)) void lease.release();
    await this.#close(LIMITS.deadlineMs);
    this.#switch('pass');
    await this.#atMost(0, () => proxy.open, 'at the end: sockets at the proxy');
    await this.#atMost(
      0,
      async () => (await observer.clients()).length,
      'at the end: connections on the server',
    );
    if (this.#restarts === 0 && this.#counted.length > 0) {
      const values = (await observer.command('MGET', ...this.#counted)) as (string | null)[];
      values.forEach((value, at) => {
        if (value !== null && value !== '1')
          this.#violate(`${this.#counted[at]} was executed ${value} times`);
      });
    }
    const strays = await observer.command('KEYS', 'stray*');
    if ((strays as unknown[]).length > 0) this.#violate(`written into the wrong place: ${strays}`);
    await observer.command('FLUSHALL');
    (proxy.received as string[]).length = 0;
  }

  async #close(deadlineMs: number): Promise<void> {
    const startedAt = performance.now();
    await this.#cache.close({ deadlineMs });
    this.#timely('close', performance.now() - startedAt, deadlineMs);
    const stats = this.#cache.stats();
    if (stats.idle + stats.borrowed + stats.pending + stats.connecting > 0)
      this.#violate(`closed, and yet ${JSON.stringify(stats)}`);
    const { acquired, released, connected, closed } = this.#seen;
    if (acquired !== released) this.#violate(`${acquired} acquired were observed, and ${released} released`);
    if (connected !== closed || connected !== stats.created)
      this.#violate(`${connected} connected were observed, ${closed} closed, and ${stats.created} counted`);
    await this.#atMost(0, () => this.#ground.proxy.open, 'after close: sockets at the proxy');
    this.#leases = [];
  }

  #timely(what: string, tookMs: number, deadlineMs: number): void {
    const bound = deadlineMs + LIMITS.releaseTimeoutMs;
    if (tookMs > bound + 100 + 2 * this.#ground.lagMs)
      this.#violate(
        `${what} took ${Math.round(tookMs)} ms, not ${bound} (lag ${Math.round(this.#ground.lagMs)})`,
      );
  }

  #violate(what: string): void {
    this.violations.push(what);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#violate(`the model itself failed: ${(error as Error).stack ?? error}`))
      .then(() => void this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  #start(kind: ScopeKind, step: Step & { do: 'scopes' }): void {
    this.#track(this.#scope(kind, step));
  }

  async #scope(
    kind: ScopeKind,
    { abortAfterMs, deadlineMs, attempts }: Step & { do: 'scopes' },
  ): Promise<void> {
    this.scopes += 1;
    const id = ++this.#serial;
    const result = { of: id };
    const thrown = new Error(`thrown by ${id}`);
    const reason = new Error(`abort of ${id}`);
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    if (abortAfterMs !== undefined) timer = setTimeout(() => controller.abort(reason), abortAfterMs);
    const limit = deadlineMs ?? LIMITS.deadlineMs;
    let kept: ScopedRedis | undefined;
    let settled = false;
    const fn = async (redis: ScopedRedis) => {
      if (settled) this.#violate(`${kind}: fn was started after its call had settled`);
      kept = redis;
      const leave = this.#enter(redis, kind);
      try {
        await this.#use(redis, kind, id);
        if (kind === 'throw') throw thrown;
        return result;
      } finally {
        leave();
      }
    };
    const startedAt = performance.now();
    const ran = await this.#cache(kind, fn, {
      deadlineMs: limit,
      retry: { attempts, delayMs: 5 },
      ...(abortAfterMs === undefined ? {} : { signal: controller.signal }),
    }).then(
      (value) => {
        if (value !== result) this.#violate(`${kind}: resolved to something else`);
        return { tookMs: performance.now() - startedAt, error: undefined };
      },
      (error: unknown): Ran => ({ tookMs: performance.now() - startedAt, error }),
    );
    settled = true;
    clearTimeout(timer);
    this.#timely(kind, ran.tookMs, limit);
    this.#judge(kind, ran.error, [thrown, ...(controller.signal.aborted ? [reason] : [])]);
    if (kept) await this.#expectDead(kept, kind);
  }

  async #acquire(kind: ScopeKind, abortAfterMs: number | undefined): Promise<void> {
    const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs);
    const startedAt = performance.now();
    let lease: Lease;
    try {
      lease = await this.#cache.acquire(signal ? { signal } : {});
    } catch (error) {
      this.#judge('acquire', error, signal?.aborted ? [signal.reason] : []);
      return;
    } finally {
      this.#timely('acquire', performance.now() - startedAt, LIMITS.acquireTimeoutMs);
    }
    this.#leases.push(lease);
    const leave = this.#enter(lease.redis, kind);
    // Nothing ends this but its lease.
    const use = kind === 'never end' ? 'plain' : kind;
    await Promise.race([this.#use(lease.redis, use, ++this.#serial), sleep(LIMITS.deadlineMs)]).catch(
      (error: unknown) => this.#judge(`lease, ${kind}`, error, []),
    );
    leave();
  }

  async #giveBack(lease: Lease, by: 'release' | 'destroy' | 'both'): Promise<void> {
    const startedAt = performance.now();
    const ends = by === 'both' ? [lease.release(), lease.destroy(), lease.release()] : [lease[by]()];
    await Promise.all(ends);
    this.#timely(by, performance.now() - startedAt, 0);
    await this.#expectDead(lease.redis, by);
  }

  /** Nobody else may be using the connection meanwhile. */
  #enter(redis: ScopedRedis, kind: ScopeKind): () => void {
    if (this.#program.options.isolation !== 'exclusive') return () => {};
    const client = redis.stream;
    const others = this.#users.get(client) ?? 0;
    if (others > 0) this.#violate(`${kind}: a connection is used by ${others + 1} at once`);
    this.#users.set(client, others + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#users.set(client, (this.#users.get(client) ?? 1) - 1);
    };
  }

  async #expectDead(redis: ScopedRedis, kind: string): Promise<void> {
    const { error } = await redis.set('stray', kind).then(
      () => ({ error: undefined }),
      (reason: unknown) => ({ error: reason as { code?: string } }),
    );
    if (error?.code !== 'ERR_WITH_REDIS_LEASE_RELEASED')
      this.#violate(`${kind}: its handle lives on: ${error ?? 'OK'}`);
  }

  /** What the borrower finds has to be as new; then it does what it is there for. */
  async #use(redis: ScopedRedis, kind: ScopeKind, id: number): Promise<void> {
    await this.#inspect(redis, kind, id);
    switch (kind) {
      case 'plain':
      case 'throw':
        await redis.set(`plain:${id}`, id);
        this.#expect(await redis.get(`plain:${id}`), `${id}`, kind);
        return;
      case 'count':
      case 'count, watching':
        if (kind !== 'count') await redis.watch(`watched:${id}`);
        this.#counted.push(`count:${id}`);
        this.#expect(await redis.incr(`count:${id}`), 1, kind);
        return;
      case 'pipeline': {
        const texts = [`${id} a`, `${id} b`, `${id} c`];
        const replies = await texts.reduce((pipeline, text) => pipeline.echo(text), redis.pipeline()).exec();
        this.#expectReplies(replies, texts, kind);
        return;
      }
      case 'transaction': {
        const replies = await redis.multi().set(`plain:${id}`, id).get(`plain:${id}`).exec();
        if (replies === null) this.#violate('transaction: somebody else is watching on this connection');
        else this.#expectReplies(replies, ['OK', `${id}`], kind);
        return;
      }
      case 'forget':
        void redis.get('a');
        void redis.incr(`forgotten:${id}`);
        void redis.pipeline().get('a').hget('a', 'b').exec();
        return;
      case 'watch':
        await redis.watch('watched');
        await this.#ground.observer.command('SET', 'watched', id).catch(() => {});
        return;
      case 'open a transaction':
        await redis.call('MULTI');
        await redis.set('stray in a transaction', id);
        return;
      case 'select':
        await redis.call('Select', 3);
        return;
      case 'subscribe':
        await redis.subscribe(`channel ${id}`);
        return;
      case 'rename':
        await redis.call('client', 'SETNAME', `renamed-${id}`);
        return;
      case 'silence replies':
        void redis.call('CLIENT', 'REPLY', 'SKIP').catch(() => {});
        void redis.get('a').catch(() => {});
        return;
      case 'block':
        await redis.blpop('nothing', 0);
        return;
      case 'never end':
        await new Promise(() => {});
    }
  }

  async #inspect(redis: ScopedRedis, kind: ScopeKind, id: number): Promise<void> {
    const token = `${id} ${Math.random()}`;
    const thorough = id % (this.#program.inspectEvery ?? 1) === 0;
    const pipeline = redis.pipeline().echo(token).get('never set');
    const replies = await (thorough ? pipeline.client('INFO').echo(token) : pipeline).exec();
    for (const [error] of replies ?? []) if (error) throw error;
    const [echoed, nothing, info, again] = replies ?? [];
    this.#expect(echoed?.[1], token, kind);
    this.#expect(nothing?.[1], null, kind);
    if (!thorough) return;
    this.#expect(again?.[1], token, kind);
    const text = String(info?.[1]);
    for (const field of ['db=0', 'sub=0', 'psub=0', 'name=with-redis', 'user=default'])
      if (!` ${text} `.includes(` ${field} `))
        this.#violate(`${kind}: finds a connection without ${field}: ${text}`);
    // By its flag: `multi` of Valkey 8 says 0 after the first one.
    const inBlock = / flags=\w*x/.test(text);
    if (inBlock || (this.#program.options.isolation === 'exclusive' && !/ flags=N /.test(text)))
      this.#violate(`${kind}: finds flags: ${text}`);
  }

  #expect(actual: unknown, expected: unknown, kind: ScopeKind): void {
    if (actual !== expected) this.#violate(`${kind}: got ${String(actual)}, expected ${String(expected)}`);
  }

  #expectReplies(
    replies: readonly [error: Error | null, reply: unknown][] | null,
    expected: readonly string[],
    kind: ScopeKind,
  ): void {
    for (const [error] of replies ?? []) if (error) throw error;
    this.#expect(JSON.stringify(replies?.map(([, reply]) => reply)), JSON.stringify(expected), kind);
  }

  /** Whatever a call rejects with is the caller's own, the server's word on a lost cause, or ours. */
  #judge(kind: string, error: unknown, own: readonly unknown[]): void {
    const name = this.#nameOf(error, own);
    this.outcomes[name] = (this.outcomes[name] ?? 0) + 1;
    if (name.startsWith('unexpected')) this.#violate(`${kind}: ${name}`);
  }

  #nameOf(error: unknown, own: readonly unknown[]): string {
    if (error === undefined) return 'resolved';
    if (own.includes(error)) return (error as Error).message.startsWith('thrown') ? 'thrown' : 'aborted';
    if (isWithRedisError(error)) return error.name;
    const { message, name } = error as Error;
    if (/Connection is closed|connection close|isn't writeable|ECONNRESET|EPIPE/.test(message))
      return 'connection lost';
    if (name === 'ReplyError' && /^LOADING|^UNBLOCKED/.test(message)) return 'refused by the server';
    return `unexpected ${name}: ${message}`;
  }
}
