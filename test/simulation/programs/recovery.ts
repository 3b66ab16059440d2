import type { Redis } from 'ioredis';
import type { CallOptions } from 'with-redis';
import { describe } from '../world/values.js';
import { REFRESH_MS } from './addresses.js';
import { expectCallOrder } from './call-order.js';
import type { Cluster } from './cluster.js';
import { expectConflictsMet } from './conflicts.js';
import { expectFewDials } from './dials-in-vain.js';
import { expectGuarded } from './guarded-moves.js';
import type { Instance } from './instance.js';
import { expectKeptIdle } from './kept-idle.js';
import { EVERYWHERE, tagOf } from './keys.js';
import { expectQuarrelTold } from './quarrels.js';
import { CHAINS, expectSmoothMoves } from './smooth-moves.js';
import { SLACK_MS } from './timing.js';
import { expectTurns } from './turns.js';
import type { World } from './world.js';

/** How often something is tried, with pauses that grow, before it is too late. */
const TRIES = 16;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 4_000;
/** By then another one has taken over from a master that hangs. */
const TAKEN_OVER_MS = 1_000;
/** So many questions, one after the other, and what was asked before has been answered. */
const QUESTIONS = 5;
/** A connection that idles for longer is asked whether it lives, unless a pool says otherwise. */
const ASKED_AFTER_MS = 1_000;
/** Who does not answer in that time is dead; far away, four round trips. */
const SILENT_MS = 250;
/** Whoever was asked something has answered by then, and is left. */
const LONGEST_QUESTION_MS = 8_000;

/** What goes well with an instance when all is well, or all but one. */
export class Recovery {
  readonly #world: World;
  readonly #instance: Instance;
  readonly #limits: CallOptions;

  constructor(world: World, instance: Instance) {
    this.#world = world;
    this.#instance = instance;
    this.#limits = { deadlineMs: 10_000, acquireTimeoutMs: Math.max(instance.plan.acquireTimeoutMs, 5_000) };
  }

  /** All is well: a connection or two may turn out to be dead, and pauses may be long by now, but not for ever. */
  expect(limits: CallOptions = this.#limits): Promise<void> {
    const { address } = this.#instance.plan;
    const keys = address === 'cluster' ? EVERYWHERE : [''];
    return this.#expectSuccess(keys.map((key) => ({ ...limits, ...(key && { key }) })));
  }

  /**
   * Something on the way has forgotten all connections that idle: whoever asks next finds out by one question, as they all
   * do, and dials.
   */
  async expectLossesFound(): Promise<void> {
    const { cache, plan } = this.#instance;
    const { address, pool, observer, maxPending, maxConnections, latencyMs, releaseTimeoutMs } = plan;
    if (!['url', 'redis', 'both', 'factory'].includes(address) || !pool || observer === 'acts') return;
    // Where some are kept idle, they may be newer than that.
    if (maxPending === 0 || (pool !== true && pool.minIdle > 0)) return;
    const own = { ...this.#limits, isolation: 'exclusive' } as const;
    // What connections have shown of the way there, they have shown on a good one.
    for (const server of this.#world.site.servers) server.drop('reset');
    await this.#sleep(LONGEST_PAUSE_MS);
    const some = Array.from({ length: Math.min(maxConnections, 4) }, () =>
      cache((redis) => redis.ping(), own),
    );
    await Promise.allSettled(some);
    // Dials and questions for those who were served by others come to their end too: an answer that is still on its way
    // when all is lost would be believed.
    while (cache.stats().connecting > 0 || this.#isAsked()) await this.#sleep(FIRST_PAUSE_MS);
    const idleMs = pool === true ? ASKED_AFTER_MS : pool.validateAfterIdleMs;
    await this.#sleep(idleMs + releaseTimeoutMs + SLACK_MS);
    for (const server of this.#world.site.servers) server.drop('mutely');
    // One question, an end that nobody answers, a dial.
    const limitMs = Math.max(SILENT_MS, 8 * latencyMs) + releaseTimeoutMs / 2 + 16 * latencyMs + SLACK_MS;
    const call = cache((redis) => redis.ping(), { ...own, acquireTimeoutMs: limitMs, retry: 1 });
    await call.catch((error) => this.#world.violate(`connections were lost unheard: ${describe(error)}`));
  }

  expectCallOrder(seed: number): Promise<void> {
    return expectCallOrder(this.#world, this.#instance, this.#limits, seed);
  }

  expectTurns(): Promise<void> {
    return expectTurns(this.#world, this.#instance, this.#limits);
  }

  expectConflictsMet(seed: number): Promise<void> {
    return expectConflictsMet(this.#world, this.#instance, this.#limits, seed);
  }

  /** Nobody has done anything to what idles. */
  expectKeptIdle(): Promise<void> {
    return expectKeptIdle(this.#world, this.#instance, this.#limits);
  }

  /** Nobody is there. */
  expectFewDials(): Promise<void> {
    return expectFewDials(this.#world, this.#instance, this.#limits);
  }

  /** Of a cluster: one of its nodes is down or hangs, which some need not mind and others not for long. */
  async expectMore(seed: number): Promise<void> {
    const { cluster } = this.#world;
    if (!cluster) return;
    if (this.#instance.plan.refreshes) await this.#expectFarewell(cluster);
    // Where there is nobody else, nobody else can help; where nobody may wait, hooks that call take the place of others.
    if (cluster.chart.shards.length < 2 || this.#instance.plan.maxPending === 0) return;
    const at = (seed >>> 4) % cluster.chart.shards.length;
    // All others that are known may have ended.
    if (cluster.isAnchor(cluster.shardAt(at)[1].master)) return;
    const { observer, maxPending, commandTimeoutMs } = this.#instance.plan;
    if (seed & 4) await this.#expectAnywhere(cluster, at);
    else if (seed & 8) await this.#expectTakeover(cluster, at);
    else if (cluster.isMistaken) return;
    else if (seed & 2048 && !commandTimeoutMs)
      await expectQuarrelTold(this.#world, cluster, this.#instance, this.#limits, seed);
    else if (seed & 16) await expectGuarded(this.#world, cluster, this.#instance, this.#limits, seed);
    else if (observer !== 'acts' && maxPending > CHAINS + 2 && !commandTimeoutMs)
      await expectSmoothMoves(this.#world, cluster, this.#instance, this.#limits, seed);
  }

  /** What is about nothing in particular goes to any node. */
  #expectAnywhere(cluster: Cluster, at: number): Promise<void> {
    cluster.strike('down', at);
    return this.#expectSuccess([{ ...this.#limits, isolation: 'shared' }]);
  }

  /** Whoever waits for less long than a dial takes finds it out too. */
  async #expectTakeover(cluster: Cluster, at: number): Promise<void> {
    cluster.strike('hang', at);
    await this.#sleep(TAKEN_OVER_MS);
    await this.expect({ ...this.#limits, acquireTimeoutMs: this.#instance.plan.acquireTimeoutMs / 2 });
  }

  /** Whoever keeps asking for the map has no connection to nodes that are no masters any more. */
  async #expectFarewell(cluster: Cluster): Promise<void> {
    for (let asked = 0; asked < QUESTIONS; asked++) {
      await this.#sleep(REFRESH_MS);
      await this.#expectSuccess([{ ...this.#limits, key: tagOf(asked) }]);
    }
    const masters = cluster.chart.shards.map(({ master }) => cluster.serverOf(master));
    const others = cluster.servers.filter((server) => !masters.includes(server));
    const peers = others.flatMap((server) => [...server.peers]);
    await this.#sleep(LONGEST_QUESTION_MS);
    const left = peers.filter((peer) => others.some((server) => server.peers.has(peer)));
    if (left.length > 0) this.#world.violate(`${left.length} connections to nodes that are no masters stay`);
  }

  async #expectSuccess(calls: readonly CallOptions[]): Promise<void> {
    const { cache } = this.#instance;
    let failure: unknown;
    const left = new Set(calls);
    for (let pauseMs = FIRST_PAUSE_MS, try_ = 1; try_ <= TRIES && left.size > 0; try_++) {
      await this.#sleep(pauseMs);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      for (const options of left) {
        await cache((redis) => this.#say(redis as Redis, options, try_), options).then(
          () => left.delete(options),
          (error: unknown) => {
            failure = error;
          },
        );
      }
    }
    if (left.size > 0) this.#world.violate(`it does not recover: ${describe(failure)}`);
  }

  #say(redis: Redis, { key }: CallOptions, try_: number): Promise<unknown> {
    if (this.#world.cluster && key === undefined) return redis.echo('recovered');
    return redis.set(`plain:${key ?? ''}recovered`, try_);
  }

  #isAsked(): boolean {
    return this.#world.site.servers.some(({ peers }) => [...peers].some(({ wire }) => !wire.quiet));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#world.loop.after(ms, resolve));
  }
}
