import type { Redis } from 'ioredis';
import type { SimSocket } from '../world/socket.js';
import { act, type Stage } from './actions.js';
import { refusedEarly } from './forgotten.js';
import type { Instance } from './instance.js';
import { KeyNames } from './key-names.js';
import type { ActionName } from './program.js';
import type { Subject } from './subject.js';
import type { Tally } from './tally.js';
import { mistimed, SLACK_MS } from './timing.js';
import { expectToldOfLoss, type Told } from './told.js';
import { isRedirection, nameCommandError, nameStandingError, SPANNING } from './verdict.js';

/** How many calls of a standing client an action waits for, one after the other, if not for one. */
const IN_A_ROW: { readonly [action in ActionName]?: number } = {
  'set and get': 2,
  list: 3,
  hash: 2,
  stream: 2,
  'own command': 2,
  buffers: 2,
  'side by side': 2,
  'by name': 2,
  scan: Number.POSITIVE_INFINITY,
  pause: Number.POSITIVE_INFINITY,
};

/** What calls the instance anew. */
const BESIDE: readonly string[] = ['nest', 'messages'];

/** One run of a function that does what the scope says. */
export class Attempt implements Stage {
  readonly redis: Redis;
  readonly fresh: Stage['fresh'];
  readonly spread: Stage['spread'];
  readonly common: Stage['common'];
  readonly once: Stage['once'];
  readonly open: Stage['open'];
  readonly never = new Promise<never>(() => {});
  readonly #subject: Subject;
  readonly #tally: Tally;
  readonly #instance: Instance;
  #told: Told | undefined;
  #overAt = Number.NEGATIVE_INFINITY;
  readonly #keys: KeyNames;

  constructor(redis: Redis, subject: Subject, tally: Tally, instance: Instance) {
    this.redis = redis;
    this.#subject = subject;
    this.#tally = tally;
    this.#instance = instance;
    this.#keys = new KeyNames(subject, tally);
    this.fresh = this.#keys.fresh;
    this.spread = this.#keys.spread;
    this.common = this.#keys.common;
    this.once = this.#keys.once;
    this.open = this.#keys.open;
  }

  async run(attempt: number, told: Told | undefined): Promise<void> {
    this.#told = told;
    try {
      await this.#act(attempt);
    } finally {
      this.#overAt = this.#tally.world.loop.now;
    }
  }

  async #act(attempt: number): Promise<void> {
    const { id, scope, seen, stands, isolation } = this.#subject;
    const { trace, traces, loop } = this.#tally.world;
    const socket = this.redis.stream as unknown as SimSocket | undefined;
    for (const action of scope.body) {
      trace.note('act', id, `${action.do}, attempt ${attempt}, connection ${socket?.serial}`);
      const startedAt = this.#tally.world.busyTime;
      const calledAt = loop.now;
      this.#keys.begin(action);
      const waiting = { of: this.#subject.name, action: action.do };
      this.#tally.waiting.add(waiting);
      try {
        await (traces ? traces.issue(waiting, () => act(this, action)) : act(this, action));
        // A standing client blocks on a connection of its own.
        const isRefused = SPANNING.includes(action.do) || (!stands && action.do === 'block');
        if ((stands || isolation === 'shared') && isRefused) this.#violate(`${action.do} is not refused`);
      } catch (error) {
        this.#judge(action.do, error, loop.now - calledAt);
        seen.add(error);
        if (!scope.catches || action.do === 'throw') throw error;
      } finally {
        this.#tally.waiting.delete(waiting);
        if (stands) this.#expectTimely(action.do, startedAt);
      }
    }
  }

  readonly id = () => this.#tally.id();

  readonly expect = (what: string, actual: unknown, expected: unknown) => {
    const { opened, repeats, stands, scope } = this.#subject;
    if (JSON.stringify(actual) === JSON.stringify(expected)) return;
    // RESET has ended the protocol in which ioredis expects them.
    if (what === 'messages' && scope.body.some(({ do: name }) => name === 'reset')) return;
    // ioredis 5 does not know the key of OBJECT, and puts nothing before it.
    if (what === 'encoding' && actual === null && this.#instance.plan.prefixes) return;
    // Whoever asked for fewer replies than ioredis waits for has put himself out of step.
    if (scope.body.some(({ do: name }) => name === 'silence')) return;
    // Whoever left a transaction open is answered QUEUED; who may repeat a write finds it done.
    if (opened.length > 0 || ((what === 'incr' || what === 'multi') && repeats > 1)) return;
    const { world } = this.#tally;
    if (world.dataWasLost && (what === 'get' || what === 'incr' || actual === null)) return;
    // Each command of a standing client, or in a cluster, may have another connection, and meet what another server holds.
    if (world.dataWasLost && (stands || world.cluster) && what !== 'echo' && what !== 'pipeline') return;
    this.#violate(`${what} got ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  };

  readonly throws = (value: unknown): never => {
    this.#subject.seen.add(value);
    throw value;
  };

  readonly nest: Stage['nest'] = (body, deadlineMs = 500, isolation = undefined) => {
    const isForbidden =
      this.#instance.plan.nested === 'forbid' &&
      this.#told?.signal.aborted === false &&
      !this.#subject.isOver;
    let goesOn = true;
    const inside = async (inner: unknown, scope: Told) => {
      if (isForbidden) this.#violate('a scope inside is let in, and is forbidden');
      // In a cluster it may have left that one for another.
      const isFollowed = () => goesOn && !this.#tally.world.cluster;
      expectToldOfLoss(this.#tally, inner as Redis, scope, isFollowed, (what) =>
        this.#violate(`a scope inside ${what}`),
      );
      return body(inner as Redis).finally(() => {
        goesOn = false;
      });
    };
    return this.#instance.cache(inside, {
      deadlineMs: Math.min(deadlineMs, this.#subject.scope.deadlineMs ?? 500),
      ...(this.#keys.tag && { key: this.#keys.tag }),
      ...(isolation && { isolation }),
    });
  };

  readonly refused = async (reply: Promise<unknown>) => {
    const { world } = this.#tally;
    const startedAt = world.busyTime;
    const executed = await reply.then(
      () => true,
      () => false,
    );
    if (executed) this.#violate('what follows a MULTI that was never sent is executed');
    const tookMs = world.busyTime - startedAt;
    if (tookMs > SLACK_MS)
      this.#violate(`what follows a MULTI that was never sent waits for ${Math.round(tookMs)} ms`);
  };

  readonly forgets = (reply: Promise<unknown>) => {
    const { loop } = this.#tally.world;
    reply.catch((error: unknown) => {
      const early = refusedEarly(error, this.#told, loop.now - this.#overAt, this.#instance.plan);
      if (early) this.#violate(early);
    });
  };

  readonly hear = (event: 'message' | 'close') => {
    if (this.#subject.isSettled) this.#violate('hears of its connection, and is over');
    else if (event === 'close') this.#tally.world.loop.after(SLACK_MS, () => this.#expectLost());
  };

  get lends(): boolean {
    const { kind, isolation, isOver } = this.#subject;
    return this.#instance.plan.nested === 'reuse' && kind === 'scope' && isolation === 'exclusive' && !isOver;
  }

  get standing(): Redis {
    return this.#instance.cache.redis;
  }

  readonly sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      this.#tally.world.loop.after(ms, resolve);
    });

  /** It has heard of an end: that of the connection that it has, not of one that it has left. */
  #expectLost(): void {
    if (!this.#subject.isOver && this.#told?.signal.aborted === false)
      this.#violate('hears of the end of a connection, and goes on');
  }

  /** Nothing that a command is rejected with is without a reason. */
  #judge(action: string, error: unknown, tookMs: number): void {
    const { scope, seen, transacts, stands, isolation } = this.#subject;
    if (seen.has(error) || (this.#subject.isOver && isRedirection(error))) return;
    const { closing, plan } = this.#instance;
    const circumstances = { seen, reasons: [], closing, scope, nested: plan.nested !== 'allow' };
    const verdict = stands
      ? nameStandingError(error, circumstances)
      : nameCommandError(error, scope, transacts);
    if (verdict.startsWith('unexpected')) this.#violate(`${action}: ${verdict}`);
    // Only where others have the connection too; nobody may end it.
    if (verdict === 'StatefulCommandError' && !stands && isolation !== 'shared' && action !== 'quit')
      this.#violate(`${action} is refused although its connection is its own`);
    // What it opens beside is as new as any other call.
    if (verdict === 'ClosedError' && !stands && !BESIDE.includes(action) && !this.#instance.forces)
      this.#violate(`${action} is refused for an end that is still to come`);
    const early = stands && mistimed(error, { tookMs }, scope, plan);
    if (early) this.#violate(`${action}: ${early}`);
  }

  /** Each command of a standing client is a call. */
  #expectTimely(action: ActionName, startedAt: number): void {
    const { deadlineMs, releaseTimeoutMs } = this.#instance.plan;
    const limit = (IN_A_ROW[action] ?? 1) * (deadlineMs + releaseTimeoutMs + SLACK_MS);
    const tookMs = this.#tally.world.busyTime - startedAt;
    if (tookMs > limit) this.#violate(`${action} took ${Math.round(tookMs)} ms, not ${limit}`);
  }

  #violate(what: string): void {
    this.#tally.world.violate(`${this.#subject.name}: ${what}`);
  }
}
