import type { Redis } from 'ioredis';
import type { SimSocket } from '../world/socket.js';
import { act, type Stage } from './actions.js';
import { refusedEarly } from './forgotten.js';
import type { Instance } from './instance.js';
import { tagOf } from './keys.js';
import type { Action, ActionName } from './program.js';
import { type Subject, strays } from './subject.js';
import type { Tally } from './tally.js';
import { mistimed, SLACK_MS } from './timing.js';
import type { Told } from './told.js';
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
  readonly never = new Promise<never>(() => {});
  readonly #subject: Subject;
  readonly #tally: Tally;
  readonly #instance: Instance;
  #writes = 0;
  #told: Told | undefined;
  #overAt = Number.NEGATIVE_INFINITY;
  /** Of the keys of the action that is done now. */
  #tag: string;
  #spreads = false;

  constructor(redis: Redis, subject: Subject, tally: Tally, instance: Instance) {
    this.redis = redis;
    this.#subject = subject;
    this.#tally = tally;
    this.#instance = instance;
    this.#tag = subject.tag;
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
    const spansNothing = this.#subject.stands || this.#subject.isolation === 'shared';
    const { id, scope, seen, stands } = this.#subject;
    const { trace, traces, loop } = this.#tally.world;
    const socket = this.redis.stream as unknown as SimSocket | undefined;
    for (const action of scope.body) {
      trace.note('act', id, `${action.do}, attempt ${attempt}, connection ${socket?.serial}`);
      const startedAt = this.#tally.world.busyTime;
      const calledAt = loop.now;
      this.#tag = this.#tagFor(action);
      this.#spreads = this.#tag !== this.#subject.tag;
      const waiting = { of: this.#subject.name, action: action.do };
      this.#tally.waiting.add(waiting);
      try {
        await (traces ? traces.issue(waiting, () => act(this, action)) : act(this, action));
        if (spansNothing && SPANNING.includes(action.do)) this.#violate(`${action.do} is not refused`);
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

  readonly fresh = (kind: string) => this.#own(`${kind}:${this.#tag}${this.id()}`);

  readonly spread = (kind: string, which: number) => {
    const serial = this.id();
    return this.#own(`${kind}:${this.#spreads ? tagOf(this.#subject.id + which) : this.#tag}${serial}`);
  };

  readonly common = (kind: string, which: number) => `${kind}:${this.#tag}${which}`;

  readonly expect = (what: string, actual: unknown, expected: unknown) => {
    const { opened, repeats, stands, scope } = this.#subject;
    if (JSON.stringify(actual) === JSON.stringify(expected)) return;
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

  /** The same keys in each attempt. */
  readonly once = () => {
    this.#writes += 1;
    const key = `once:${this.#tag}${this.#subject.id}.${this.#writes}`;
    this.#tally.allowed.set(key, this.#subject.repeats);
    return this.#own(key);
  };

  readonly open = () => {
    const key = this.fresh('open');
    this.#subject.opened.push(key);
    return key;
  };

  readonly nest: Stage['nest'] = (body, deadlineMs = 500) =>
    this.#instance.cache((inner) => body(inner as Redis), {
      deadlineMs: Math.min(deadlineMs, this.#subject.scope.deadlineMs ?? 500),
      ...(this.#tag && { key: this.#tag }),
    });

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

  /** Whoever traces commands knows by their keys whose they are. */
  #own(key: string): string {
    this.#tally.world.traces?.own(key);
    return key;
  }

  /** Of a cluster: now and then something else is done beside, on another node. */
  #tagFor(action: Action): string {
    const { tag, id, transacts } = this.#subject;
    return tag && strays(action) && !transacts ? tagOf(id + action.how) : tag;
  }

  /** It has heard of an end: that of the connection that it has, not of one that it has left. */
  #expectLost(): void {
    if (!this.#subject.isOver && this.#told?.signal.aborted === false)
      this.#violate('hears of the end of a connection, and goes on');
  }

  /** Nothing that a command is rejected with is without a reason. */
  #judge(action: string, error: unknown, tookMs: number): void {
    const { scope, seen, transacts, stands } = this.#subject;
    if (seen.has(error) || (this.#subject.isOver && isRedirection(error))) return;
    const { closing, plan } = this.#instance;
    const circumstances = { seen, reasons: [], closing, scope, nested: plan.nested !== 'allow' };
    const verdict = stands
      ? nameStandingError(error, circumstances)
      : nameCommandError(error, scope, transacts);
    if (verdict.startsWith('unexpected')) this.#violate(`${action}: ${verdict}`);
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
