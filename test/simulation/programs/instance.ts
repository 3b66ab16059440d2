import type { Redis } from 'ioredis';
import { type CloseReport, createWithRedis, type WithRedis, type WithRedisOptions } from 'with-redis';
import type { Peer } from '../redis/peer.js';
import type { SimSocket } from '../world/socket.js';
import { addressOf, databaseOf, NAME } from './addresses.js';
import { PAUSE_MS } from './attempts.js';
import { Hooks, mischiefOf } from './hooks.js';
import { checkNodes } from './per-node.js';
import type { InstancePlan } from './program.js';
import { SLACK_MS } from './timing.js';
import type { World } from './world.js';

/** An instance of the package, what it may have open, and what its hooks were told. */
export class Instance {
  readonly cache: WithRedis;
  readonly plan: InstancePlan;
  closing = false;
  /** What callers have seen of it: it counts that, and what nobody saw too. */
  readonly seen = { retries: 0, timeouts: 0 };
  /** Until then scopes that run go on although it closes. */
  #forcesAt = Number.POSITIVE_INFINITY;
  readonly #world: World;
  /** No connection has a reason to be dead. */
  readonly #isCalm: boolean;
  /** A dial that nobody waits for, and since when that is so. */
  #surplus: { readonly socket: unknown; readonly since: number } | undefined;
  readonly #hooks: Hooks | undefined;
  /** Sockets on which something was said that nobody had asked for, and how often that was when we last looked. */
  readonly #said = new WeakMap<Peer, number>();

  constructor(world: World, plan: InstancePlan, isCalm: boolean) {
    this.#isCalm = isCalm;
    this.#world = world;
    this.plan = plan;
    this.#hooks = plan.observer === 'none' ? undefined : this.#makeHooks();
    const options = this.#options();
    this.cache = createWithRedis(options) as WithRedis;
    spoil(options);
  }

  /** What must hold at any time. */
  check(): void {
    const stats = this.cache.stats();
    const { idle, borrowed, created, destroyed, size, connecting, pending } = stats;
    let gone = 0;
    for (const reason in destroyed) gone += destroyed[reason] as number;
    const { open } = this.#world.network;
    if (created !== idle + borrowed + gone || Math.min(idle, borrowed) < 0)
      this.#world.violate(
        `the ledger: ${created} created, ${idle} idle, ${borrowed} borrowed, ${gone} destroyed`,
      );
    const { maxConnections, maxConnecting, maxPending, address } = this.plan;
    this.#expectWanted(connecting, pending + borrowed);
    // Where nobody shares a connection.
    const waiting = pending - Math.max(0, maxConnections - borrowed);
    if (this.#isCalm && waiting > maxPending)
      this.#world.violate(`${waiting} wait for somebody else; ${maxPending} may`);
    if (address === 'cluster') {
      checkNodes(this.#world, stats.nodes ?? {}, this.plan);
      return;
    }
    if (connecting > maxConnecting)
      this.#world.violate(`${connecting} dials at once; ${maxConnecting} allowed`);
    // One listens to the sentinels.
    const sockets = maxConnections + (address === 'sentinels' ? 1 : 0) + this.#world.factory.late;
    if (size + connecting > maxConnections || open.size > sockets)
      this.#world.violate(
        `${size} connections, ${connecting} dials, ${open.size} sockets; ${sockets} allowed`,
      );
  }

  /** Where nothing is kept, a dial that nobody waits for is given up, which takes no longer than a release. */
  #expectWanted(connecting: number, others: number): void {
    const { pool, address, releaseTimeoutMs } = this.plan;
    const isSurplus = connecting > 0 && others === 0 && pool === false;
    const [socket] =
      isSurplus && address !== 'cluster' && address !== 'sentinels' ? this.#world.network.open : [];
    if (!socket) {
      this.#surplus = undefined;
      return;
    }
    const now = this.#world.busyTime;
    if (this.#surplus?.socket !== socket) this.#surplus = { socket, since: now };
    const forMs = now - this.#surplus.since;
    if (forMs > releaseTimeoutMs + SLACK_MS)
      this.#world.violate(`a dial that nobody waits for goes on for ${Math.round(forMs)} ms`);
  }

  /** What is wrong with what hooks were told of a call that has settled. */
  heldBy(label: string): string | undefined {
    return this.#hooks?.heldBy(label);
  }

  /** What runs already may be told that all is over. */
  get forces(): boolean {
    return this.#world.loop.now >= this.#forcesAt;
  }

  /** A borrower begins with it: nothing is left of the one before. */
  expectClean(socket: SimSocket, name: string, watches: boolean): void {
    const peer = this.#world.peerOf(socket);
    if (!peer || this.plan.nested === 'reuse') return;
    const { session } = peer;
    const { db, watched, replies, tracking } = session;
    // Of a transaction that leaves in one piece the server may have read the beginning.
    const queued =
      peer.wire.quiet && socket.writableLength === 0 && peer.inbox.length === 0 && session.queued;
    const found = [
      db !== databaseOf(this.plan) && `database ${db}`,
      watched.length > 0 && !watches && 'a WATCH',
      queued && 'a MULTI',
      session.subscriptions + session.channels.ssubscribe.size > 0 && 'subscriptions',
      // A factory's client sends its name itself, and does not mind where that is refused.
      session.name !== NAME &&
        !(session.name === '' && this.plan.address === 'factory') &&
        `the name ${session.name}`,
      replies !== 'on' && `replies ${replies}`,
      tracking && 'tracking',
    ].filter(Boolean);
    if (found.length > 0) this.#world.violate(`${name} begins with ${found.join(', ')}`);
    this.#expectUntainted(peer, name);
  }

  /** A borrower for whom it is alone: it lives, and nobody waits for a reply, unless he has sent something himself. */
  expectIdle({ commandQueue, stream }: Redis, name: string, hasSent: boolean): void {
    if (!stream.writable) this.#world.violate(`${name} begins with a connection that is lost`);
    if (commandQueue.length > 0 && !hasSent)
      this.#world.violate(`${name} begins behind a command of somebody else`);
  }

  async close(deadlineMs: number): Promise<void> {
    const { loop, network } = this.#world;
    const startedAt = this.#world.busyTime;
    this.closing = true;
    this.#forcesAt = loop.now + deadlineMs;
    const report = await this.cache.close({ deadlineMs });
    const tookMs = this.#world.busyTime - startedAt;
    await this.#expectClosed();
    await this.#expectReport(report, deadlineMs);
    // What idles meanwhile may be needed to tell the server of what is forced, and is closed last.
    const limit = deadlineMs + this.plan.releaseTimeoutMs * 1.25;
    if (tookMs > limit + 12) this.#world.violate(`close took ${Math.round(tookMs)} ms, not ${limit}`);
    const stats = this.cache.stats();
    const { idle, borrowed, pending, connecting, destroyed } = stats;
    if (this.#isCalm && destroyed.unhealthy)
      this.#world.violate(`${destroyed.unhealthy} connections were taken for dead, and none was`);
    if (idle + borrowed + pending + connecting > 0)
      this.#world.violate(`closed, and yet ${JSON.stringify({ idle, borrowed, pending, connecting })}`);
    if (network.open.size > 0) this.#world.violate(`closed, and yet ${network.open.size} sockets are open`);
    if (loop.timers > 0)
      this.#world.violate(`closed, and yet ${loop.timers} timers are set: ${loop.describeTimers()}`);
    for (const what of ['retries', 'timeouts'] as const)
      if (stats[what] < this.seen[what])
        this.#world.violate(`${stats[what]} ${what} were counted, and ${this.seen[what]} seen`);
    this.#hooks?.expectEven(stats);
  }

  /** It tells of force where there was some, which is not before its time, and tells the same to whoever asks later. */
  async #expectReport(report: CloseReport, deadlineMs: number): Promise<void> {
    const { drained, forced, tookMs } = report;
    const isForced = forced.length > 0;
    if (drained === isForced || (isForced && tookMs < deadlineMs - 1))
      this.#world.violate(
        `closed after ${tookMs} ms: ${drained ? '' : 'not '}drained, ${forced.length} forced`,
      );
    if ((await this.cache.close({ deadlineMs })) !== report)
      this.#world.violate('closed twice, and told two things');
  }

  /** Also the client that stands for as long as its instance does. */
  async #expectClosed(): Promise<void> {
    const reply = await this.cache.redis.echo('late').catch((error: Error) => error.name);
    if (reply !== 'ClosedError') this.#world.violate(`closed, and yet its standing client answers ${reply}`);
  }

  /** What was said while nothing was asked came before this borrower: the connection should not be lent any more. */
  #expectUntainted(peer: Peer, name: string): void {
    const known = this.#said.get(peer) ?? 0;
    this.#said.set(peer, peer.heard);
    if (peer.heard > known)
      this.#world.violate(`${name} gets a connection that said something nobody asked for`);
  }

  #options(): WithRedisOptions {
    const { isolation, maxConnections, maxConnecting, maxPending, acquireTimeoutMs, deadlineMs } = this.plan;
    const { releaseTimeoutMs, attempts, nested, pool, leakThresholdMs } = this.plan;
    return {
      ...addressOf(this.plan, this.#world),
      ...(this.#hooks && { observer: this.#hooks.observer }),
      ...(leakThresholdMs && { leakThresholdMs }),
      name: NAME,
      isolation,
      maxConnections,
      maxConnecting,
      maxPending,
      acquireTimeoutMs,
      deadlineMs,
      releaseTimeoutMs,
      nested,
      pool: typeof pool === 'object' ? { ...pool } : pool,
      ...(attempts > 1 && { retry: { attempts, delayMs: PAUSE_MS.ofInstance } }),
    };
  }

  #makeHooks(): Hooks {
    const mischief = mischiefOf(this.plan.observer, () => {
      const { hooks } = this.#world;
      hooks.called += 1;
      hooks.running += 1;
      this.cache.stats();
      const place = this.plan.address === 'cluster' && { key: 'hook' };
      const limits = { deadlineMs: 40, acquireTimeoutMs: 40 };
      const call = this.cache((redis) => redis.echo('from a hook'), { ...limits, ...place });
      return call.finally(() => {
        hooks.running -= 1;
      });
    });
    return new Hooks(this.plan, this.#world, () => {
      void this.#world.hooks.ending?.destroy();
      mischief();
    });
  }
}

/** Whoever made an instance may do anything with what it was made of. */
function spoil(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (name === 'observer') continue;
    if (typeof value === 'object' && value !== null) spoil(value);
    else if (typeof value === 'string') Object.assign(options, { [name]: 'spoilt' });
    else if (typeof value === 'number') Object.assign(options, { [name]: value + 1 });
  }
}
