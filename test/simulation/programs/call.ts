import { getEventListeners } from 'node:events';
import type { Redis } from 'ioredis';
import type { CallOptions, ScopedRedis, WithRedis } from 'with-redis';
import type { SimSocket } from '../world/socket.js';
import { describe } from '../world/values.js';
import { Attempt, type Subject } from './attempt.js';
import { afterTurns } from './callers.js';
import type { Instance } from './instance.js';
import type { Abort, Scope } from './program.js';
import type { Tally } from './tally.js';
import { nameCallError, nameCommandError } from './verdict.js';

/** Late by this much is late: timers ring in whole ms, and replies take their time. */
const SLACK_MS = 12;

/** A transaction whose keys keep changing runs its function this often. */
const CONFLICTS = 10;

export type Kind = 'scope' | 'transaction' | 'acquire';
export type Body = (redis: ScopedRedis, attempt: number) => Promise<unknown>;
/** Makes the call; the body is what its function does. */
export type Make = (cache: WithRedis, body: Body, options: CallOptions) => Promise<unknown>;

/** What `acquire` resolves to here: the function gets its lease, and nobody waits for it. */
export const LEASED = Symbol('a lease was acquired');

type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/** One call of an instance, watched from beginning to end. */
export class Call {
  readonly name: string;
  readonly #kind: Kind;
  readonly #subject: Subject;
  readonly #tally: Tally;
  readonly #instance: Instance;
  readonly #controller: AbortController | undefined;
  readonly #reason = { abort: 'of a call' };
  #kept: Redis | undefined;
  #over = false;
  #leave = () => {};

  constructor(id: number, kind: Kind, scope: Scope, tally: Tally, instance: Instance) {
    const does = scope.body.map((action) => action.do).join(', ') || 'nothing';
    this.name = `${kind} ${id} (${does})`;
    this.#kind = kind;
    this.#tally = tally;
    this.#instance = instance;
    this.#controller = scope.abort && new AbortController();
    const attempts = scope.attempts ?? instance.plan.attempts;
    const repeats = kind === 'transaction' ? Math.max(CONFLICTS, attempts) : scope.idempotent ? attempts : 1;
    this.#subject = {
      id,
      name: this.name,
      scope,
      repeats,
      transacts: kind === 'transaction',
      seen: new Set(),
      opened: [],
    };
  }

  /** What the instance returned; others may wait for it to give up. */
  promise: Promise<unknown> = Promise.resolve();

  /** @param before the call whose end it may wait for to give up */
  async run(make: Make, before: Call | undefined): Promise<void> {
    const { world } = this.#tally;
    const result = { of: this.name };
    const options = optionsOf(this.#subject.scope, this.#controller?.signal);
    if (this.#subject.scope.abort) this.#abort(this.#subject.scope.abort, before);
    const startedAt = world.busyTime;
    this.promise = make(this.#instance.cache, this.#body(result), options);
    const outcome: Outcome = await this.promise.then(
      (value) => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, error }),
    );
    this.#leave();
    world.trace.note('settled', this.#subject.id, outcome.ok ? 'well' : describe(outcome.error));
    this.#expectTimely(world.busyTime - startedAt);
    this.#judge(outcome, result);
    if (outcome.ok && outcome.value === LEASED) return;
    this.#over = true;
    for (const key of this.#subject.opened) world.journal.forbidden.add(key);
    await expectDead(this.#kept, this.name, this.#tally);
  }

  #body(result: object): Body {
    return async (redis, attempt) => {
      if (this.#over) this.#violate('its function was called after it had settled');
      this.#kept = redis;
      this.#enter(redis);
      try {
        await new Attempt(redis, this.#subject, this.#tally, this.#instance).run(attempt);
        return result;
      } finally {
        this.#leave();
      }
    };
  }

  /** The connection is as if it were new, and nobody else's meanwhile. */
  #enter(redis: Redis): void {
    const socket = redis.stream as unknown as SimSocket | undefined;
    if (!socket) return;
    const { plan } = this.#instance;
    const transacts = this.#kind === 'transaction';
    this.#instance.expectClean(socket, this.name, transacts);
    const isolation =
      this.#kind === 'scope' ? (this.#subject.scope.isolation ?? plan.isolation) : 'exclusive';
    if (isolation !== 'exclusive' || plan.nested === 'reuse') return;
    this.#leave = this.#tally.use(socket, this.name);
  }

  #abort(abort: Abort, before: Call | undefined): void {
    const { loop, trace } = this.#tally.world;
    const strike = () => {
      trace.note('abort', this.#subject.id);
      this.#controller?.abort(this.#reason);
    };
    if (abort.when === 'before') strike();
    else if (abort.when === 'after') loop.after(abort.ms, strike);
    else if (abort.when === 'turns') afterTurns(abort.turns, strike);
    else {
      const settled = () => afterTurns(abort.turns, strike);
      before?.promise.then(settled, settled);
    }
  }

  #expectTimely(tookMs: number): void {
    const { plan } = this.#instance;
    const limit = (this.#subject.scope.deadlineMs ?? plan.deadlineMs) + plan.releaseTimeoutMs;
    if (tookMs > limit + SLACK_MS) this.#violate(`took ${Math.round(tookMs)} ms, not ${limit}`);
  }

  #judge(outcome: Outcome, result: object): void {
    const signal = this.#controller?.signal;
    if (signal && getEventListeners(signal, 'abort').length > 0)
      this.#violate('left a listener on its signal');
    if (outcome.ok) {
      if (outcome.value !== result && outcome.value !== LEASED)
        this.#violate('resolved to something else than its function did');
      this.#tally.count(this.name, 'resolved');
      return;
    }
    const { scope, seen } = this.#subject;
    const { error } = outcome;
    // WATCH and EXEC of a transaction are its own; what they are rejected with no function has seen.
    const isOwn =
      this.#kind === 'transaction' &&
      !seen.has(error) &&
      !nameCommandError(error, scope, true).startsWith('unexpected');
    if (isOwn) seen.add(error);
    const { closing, plan } = this.#instance;
    const reasons = signal?.aborted ? [this.#reason] : [];
    const circumstances = { seen, reasons, closing, scope, nested: plan.nested !== 'allow' };
    this.#tally.count(this.name, nameCallError(error, circumstances));
  }

  #violate(what: string): void {
    this.#tally.world.violate(`${this.name}: ${what}`);
  }
}

function optionsOf(scope: Scope, signal: AbortSignal | undefined): CallOptions {
  const { isolation, deadlineMs, acquireTimeoutMs, attempts, idempotent } = scope;
  const retry = { ...(attempts && { attempts, delayMs: 5 }), ...(idempotent && { idempotent }) };
  return {
    ...(isolation && { isolation }),
    ...(deadlineMs && { deadlineMs }),
    ...(acquireTimeoutMs && { acquireTimeoutMs }),
    ...((attempts || idempotent) && { retry }),
    ...(signal && { signal }),
  };
}

/** The handle is dead: whatever is sent by it is refused, and nothing reaches a server. */
export async function expectDead(redis: Redis | undefined, what: string, tally: Tally): Promise<void> {
  if (!redis) return;
  const id = tally.id();
  const tries = [
    () => redis.set(`late:${id}`, what),
    () => redis.pipeline().set(`late:${id}`, what).exec(),
    () => redis.multi().set(`late:${id}`, what).exec(),
  ];
  const refusal = await tries[id % 3]?.().then(
    () => undefined,
    (error: unknown) => error as { code?: string },
  );
  if (refusal?.code !== 'ERR_WITH_REDIS_LEASE_RELEASED')
    tally.world.violate(`${what}: its handle lives on: ${refusal ? describe(refusal) : 'no error'}`);
}
