import type { Redis } from 'ioredis';
import {
  AcquireTimeoutError,
  type CallOptions,
  DeadlineExceededError,
  isWithRedisError,
  type WithRedis,
} from 'with-redis';
import type { SimSocket } from '../world/socket.js';
import { describe } from '../world/values.js';
import { Attempt } from './attempt.js';
import { begunWrong, dueWrong } from './attempts.js';
import { optionsOf } from './call-options.js';
import { afterTurns } from './callers.js';
import { expectDead } from './dead-handle.js';
import type { Instance } from './instance.js';
import { isForsaken, isUntold } from './losses.js';
import type { Abort, Scope } from './program.js';
import { executes, type Kind, placeOf, type Subject, strays, subjectOf } from './subject.js';
import type { Tally } from './tally.js';
import { mistimed, SLACK_MS } from './timing.js';
import { expectToldOfLoss, type Told, toldWrong } from './told.js';
import { isLost, isRefusedWhole, isUnsent, nameCallError, nameCommandError } from './verdict.js';

export type Body = (redis: Redis, attempt: number, scope?: Told) => Promise<unknown>;
/** Makes the call; the body is what its function does. */
export type Make = (cache: WithRedis, body: Body, options: CallOptions, call: Call) => Promise<unknown>;

/** Limits are whole ms, and the clock is not. */
const ROUNDING_MS = 2;

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
  /** Its connection was closed before its function had ended. */
  #isForsaken = false;
  /** The last run of its function. */
  #attempt = 0;
  /** When that was over. */
  #endedAt = 0;
  #calledAt = 0;
  /** Of the function that runs now. */
  #running: Told | undefined;
  #giveUp = () => {};

  constructor(id: number, kind: Kind, scope: Scope, tally: Tally, instance: Instance) {
    this.#kind = kind;
    this.#tally = tally;
    this.#instance = instance;
    this.#controller = tally.signals.of(id, scope);
    this.#subject = subjectOf(id, kind, scope, instance.plan);
    this.name = this.#subject.name;
  }

  /** What the instance returned; others may wait for it to give up. */
  promise: Promise<unknown> = Promise.resolve();

  /** @param before the call whose end it may wait for to give up */
  async run(make: Make, before: Call | undefined): Promise<void> {
    const { world } = this.#tally;
    const result = { of: this.name };
    const { scope } = this.#subject;
    const options = { ...optionsOf(scope, this.name, this.#controller?.signal), ...placeOf(this.#subject) };
    if (scope.abort) this.#abort(scope.abort, before);
    const startedAt = world.busyTime;
    const calledAt = world.loop.now;
    this.#calledAt = calledAt;
    this.promise = make(this.#instance.cache, this.#body(result), options, this);
    const outcome: Outcome = await this.promise.then(
      (value) => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, error }),
    );
    this.leave();
    world.trace.note('settled', this.#subject.id, outcome.ok ? 'well' : describe(outcome.error));
    // Of a standing client each command is a call.
    if (this.#kind !== 'standing') this.#expectTimely(world.busyTime - startedAt);
    this.#judge(outcome, result);
    if (this.#kind !== 'acquire') this.#violate(this.#instance.heldBy(this.name));
    if (!outcome.ok) this.#judgeTime(outcome.error, world.loop.now - calledAt, world.busyTime - startedAt);
    if (outcome.ok && outcome.value === LEASED) return;
    this.#subject.isSettled = true;
    if (this.#running) this.#violate(toldWrong(this.#running, outcome.ok ? outcome.value : outcome.error));
    if (!executes(this.#subject)) for (const key of this.#subject.opened) world.journal.forbidden.add(key);
    await expectDead(this.#kept, this.name, this.#tally);
  }

  /** It does not use its connection any more. */
  leave(): void {
    this.#subject.isOver = true;
    this.#giveUp();
  }

  #body(result: object): Body {
    return async (redis, attempt, scope) => {
      this.#running = scope;
      this.#subject.isOver = false;
      // Some ask for it once it is all over, if at all.
      if (this.tag || this.#subject.id % 2)
        scope?.signal.addEventListener('abort', () => {
          this.#subject.isOver = true;
        });
      this.#expectBegun(attempt, scope);
      this.#attempt = attempt;
      if (this.#subject.isSettled) this.#violate('its function was called after it had settled');
      if (this.#kind !== 'standing') this.#kept = redis;
      this.#enter(redis);
      if (scope) this.#expectToldOfLoss(redis, scope);
      try {
        await new Attempt(redis, this.#subject, this.#tally, this.#instance).run(attempt, scope);
        return result;
      } finally {
        this.#running = undefined;
        this.#endedAt = this.#tally.world.loop.now;
        const socket = redis.stream as unknown as SimSocket | undefined;
        this.#isForsaken = isForsaken(this.#subject, socket, this.#instance.plan, this.#tally.world);
        this.leave();
      }
    };
  }

  /** Of what its keys begin with, in a cluster. */
  get tag(): string {
    return this.#subject.tag;
  }

  /** What it is told of its call, and when. */
  #expectBegun(attempt: number, scope: Told | undefined): void {
    const { plan } = this.#instance;
    const { now } = this.#tally.world.loop;
    const begun = { attempt, before: this.#attempt, pausedMs: now - this.#endedAt };
    this.#violate(begunWrong(begun, this.#subject, plan));
    if (this.#kind === 'scope' && attempt > 1) this.#instance.seen.retries += 1;
    const limitMs = this.#subject.scope.deadlineMs ?? plan.deadlineMs;
    if (scope && attempt === 1) this.#violate(dueWrong(scope, limitMs - (now - this.#calledAt)));
  }

  /** The connection is as if it were new, and nobody else's meanwhile. */
  #enter(redis: Redis): void {
    const socket = redis.stream as unknown as SimSocket | undefined;
    if (!socket) return;
    const { plan } = this.#instance;
    const transacts = this.#kind === 'transaction';
    this.#instance.expectClean(socket, this.name, transacts);
    // By 'own command'.
    if ('increase' in redis) this.#violate('begins with a command that somebody else has defined');
    const { isolation } = this.#subject;
    if (isolation !== 'exclusive' || plan.nested === 'reuse') return;
    this.#instance.expectIdle(redis, this.name, transacts);
    if (!this.#mayMove) this.#giveUp = this.#tally.use(socket, this.name);
  }

  /** In a cluster: on to another connection. */
  get #mayMove(): boolean {
    const { tag, scope, isolation } = this.#subject;
    const { cluster } = this.#tally.world;
    return tag !== '' && (isolation === 'auto' || cluster?.isReshaped || scope.body.some(strays));
  }

  /** A function that goes on without its connection is told so. */
  #expectToldOfLoss(redis: Redis, scope: Told): void {
    const goesOn = () => this.#running === scope && !this.#mayMove;
    expectToldOfLoss(this.#tally, redis, scope, goesOn, (what) => this.#violate(what));
  }

  #abort(abort: Abort, before: Call | undefined): void {
    const { loop, trace } = this.#tally.world;
    const strike = () => {
      trace.note('abort', this.#subject.id);
      if (this.#controller) this.#tally.signals.strike(this.#controller, this.#reason);
    };
    if (abort.when === 'before') strike();
    else if (abort.when === 'after') loop.after(abort.ms, strike);
    else if (abort.when === 'turns') afterTurns(abort.turns, strike);
    else {
      const settled = () => afterTurns(abort.turns, strike);
      before?.promise.then(settled, settled);
    }
  }

  #judgeTime(error: unknown, tookMs: number, busyMs: number): void {
    const { scope, seen } = this.#subject;
    const { plan } = this.#instance;
    const waitedMs = this.#attempt === 0 && (scope.attempts ?? plan.attempts) === 1 ? busyMs : undefined;
    if (!seen.has(error)) this.#violate(mistimed(error, { tookMs, waitedMs }, scope, plan));
    this.#expectRepeated(error, tookMs);
  }

  /** What was refused as a whole is repeated as often as it may be, while there is time. */
  #expectRepeated(error: unknown, tookMs: number): void {
    const { scope } = this.#subject;
    const { plan, closing } = this.#instance;
    const attempts = scope.attempts ?? plan.attempts;
    const isLast =
      this.#attempt >= attempts || this.#controller?.signal.aborted || closing || plan.nested === 'reuse';
    if (isLast || this.#kind !== 'scope' || tookMs >= (scope.deadlineMs ?? plan.deadlineMs)) return;
    if (isRefusedWhole(error, scope) || (this.#subject.seen.has(error) && isUnsent(error, scope)))
      this.#violate(`was refused as a whole in attempt ${this.#attempt} of ${attempts}: ${describe(error)}`);
  }

  #expectTimely(tookMs: number): void {
    const { plan } = this.#instance;
    const agoMs = this.#tally.signals.agoMs(this.#controller?.signal);
    if (agoMs > plan.releaseTimeoutMs + SLACK_MS)
      this.#violate(`goes on for ${Math.round(agoMs)} ms after it was aborted`);
    const limit = (this.#subject.scope.deadlineMs ?? plan.deadlineMs) + plan.releaseTimeoutMs;
    if (tookMs > limit + SLACK_MS) this.#violate(`took ${Math.round(tookMs)} ms, not ${limit}`);
  }

  #judge(outcome: Outcome, result: object): void {
    const signal = this.#controller?.signal;
    if (signal && this.#tally.signals.leftOn(signal)) this.#violate('left a listener on its signal');
    if (this.#isForsaken && (outcome.ok || isLost(outcome.error)))
      this.#violate('its connection was closed under it');
    if (outcome.ok) {
      if (outcome.value !== result && outcome.value !== LEASED)
        this.#violate('resolved to something else than its function did');
      this.#tally.count(this.name, 'resolved');
      return;
    }
    const { scope, seen } = this.#subject;
    const { error } = outcome;
    if (!seen.has(error) && isWithRedisError(error) && error.label !== this.name)
      this.#violate(`is told of the end of ${error.label}: ${describe(error)}`);
    if (!seen.has(error) && error instanceof AcquireTimeoutError) this.#instance.seen.timeouts += 1;
    if (this.#kind === 'scope' && !seen.has(error) && error instanceof DeadlineExceededError)
      this.#judgePhase(error);
    // WATCH and EXEC of a transaction are its own; what they are rejected with no function has seen.
    const isOwn =
      this.#kind === 'transaction' &&
      !seen.has(error) &&
      !nameCommandError(error, scope, true).startsWith('unexpected');
    if (isOwn) seen.add(error);
    if (isUntold(error, this.#subject))
      this.#violate(`is not told what became of its commands: ${describe(error)}`);
    const { closing, plan } = this.#instance;
    const reasons = signal?.aborted ? [signal.reason] : [];
    const circumstances = { seen, reasons, closing, scope, nested: plan.nested !== 'allow' };
    this.#tally.count(this.name, nameCallError(error, circumstances));
  }

  /** What its function was doing; when its connection is closed that may end before the call does. */
  #judgePhase({ phase }: DeadlineExceededError): void {
    const { scope } = this.#subject;
    const dueAt = this.#calledAt + (scope.deadlineMs ?? this.#instance.plan.deadlineMs);
    const mayRun = this.#running !== undefined || this.#endedAt >= dueAt - ROUNDING_MS;
    if (phase === 'run' ? !mayRun : this.#running !== undefined)
      this.#violate(
        `its function ${this.#running ? 'goes on' : 'was over'}, and the deadline passed in the phase ${phase}`,
      );
  }

  #violate(what: string | undefined): void {
    if (what) this.#tally.world.violate(`${this.name}: ${what}`);
  }
}
