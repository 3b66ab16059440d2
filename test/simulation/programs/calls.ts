import type { Redis } from 'ioredis';
import type { Lease } from 'with-redis';
import { describe } from '../world/values.js';
import { Call, LEASED, type Make } from './call.js';
import type { Settled } from './callers.js';
import { newSettled } from './callers.js';
import { mostDials } from './dials.js';
import type { Instance } from './instance.js';
import type { Scope } from './program.js';
import type { Kind } from './subject.js';
import type { Tally } from './tally.js';

/** Makes the calls of a program, and knows which of them are under way. */
export class Calls {
  /** The names of calls that are not settled. */
  readonly running = new Set<string>();
  /** Those that calls may cause, of all and of those that run. */
  readonly dials = { made: 0, running: 0 };
  readonly #tally: Tally;
  readonly #current: () => Instance;
  readonly #settled: Settled[] = [];
  readonly #calls: Call[] = [];

  /** @param current the instance that calls are made on now; a program may close one and go on with another */
  constructor(tally: Tally, current: () => Instance) {
    this.#tally = tally;
    this.#current = current;
  }

  /** When every call so far is. */
  async settled(): Promise<void> {
    for (const { promise } of this.#settled.splice(0)) await promise;
  }

  scope(scope: Scope): void {
    this.#start('scope', scope, (cache, body, options) =>
      cache((redis, scope) => body(redis as Redis, scope.attempt, scope), options),
    );
  }

  transaction(scope: Scope): void {
    const id = this.#tally.id();
    this.#start('transaction', scope, async (cache, body, { isolation: _, ...options }, { tag }) => {
      const key = `guarded:${tag}${id % 3}`;
      const { value, replies } = await cache.transaction(
        [`watched:${tag}${String(id).length % 3}`],
        async (redis, multi, { attempt }) => {
          const result = await body(redis, attempt);
          multi.set(key, 'x');
          return result;
        },
        options,
      );
      // One that was left open by the function takes the commands of this one as its own.
      const leftOpen = scope.body.some((action) => action.do === 'open multi');
      if (replies.length !== 1 && !leftOpen)
        this.#tally.world.violate(`a transaction of one command got ${describe(replies)}`);
      return value;
    });
  }

  /** What is done with the standing client, which is at hand for as long as its instance lives. */
  standing(scope: Scope): void {
    this.#start('standing', scope, (cache, body) => body(cache.redis, 1));
  }

  /** A lease stays with whoever asked for it; the function gets it when it is there. */
  acquire(scope: Scope, taken: (lease: Lease, call: Call) => void): void {
    this.#start('acquire', scope, async (cache, body, { isolation: _, ...options }, call) => {
      const lease = await cache.acquire(options);
      taken(lease, call);
      void body(lease.redis, 1).catch(() => {});
      return LEASED;
    });
  }

  #start(kind: Kind, scope: Scope, make: Make): void {
    const { world } = this.#tally;
    const id = this.#tally.id();
    const instance = this.#current();
    const dials = mostDials(kind, scope, instance.plan);
    this.dials.made += dials;
    this.dials.running += dials;
    const call = new Call(id, kind, scope, this.#tally, instance);
    const back = scope.abort?.when === 'settled' ? scope.abort.back : 1;
    const before = this.#calls.at(-back);
    this.#calls.push(call);
    const settled = newSettled();
    this.#settled.push(settled);
    this.running.add(call.name);
    world.trace.note('call', id, call.name);
    void call
      .run(make, before)
      .catch((error: unknown) => world.violate(`the simulation itself failed: ${(error as Error).stack}`))
      .then(() => {
        this.running.delete(call.name);
        this.dials.running -= dials;
        settled.resolve();
      });
  }
}
