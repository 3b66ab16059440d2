import type { Lease } from 'with-redis';
import type { Call } from './call.js';
import { Calls } from './calls.js';
import { isCalm } from './calm.js';
import { expectDead } from './dead-handle.js';
import { DialWatch } from './dials.js';
import { Instance } from './instance.js';
import type { Program, Step } from './program.js';
import { Recovery } from './recovery.js';
import { Tally } from './tally.js';
import { SLACK_MS } from './timing.js';
import { World } from './world.js';

/** Longer than any call may take. */
const PATIENCE_MS = 60_000;
/** No program takes so long, by the virtual clock. */
const LONGEST_MS = 3_600_000;
/** Callbacks in a second of virtual time; more is a loop that is busy with itself. */
const BUSY = 100_000;

/** What somebody holds by hand. */
interface Held {
  readonly lease: Lease;
  readonly call: Call;
}

/** Runs one program from beginning to end. */
export class Runner {
  readonly world: World;
  readonly #program: Program;
  #instance: Instance;
  readonly tally: Tally;
  readonly calls: Calls;
  readonly #leases: Held[] = [];
  /** What is being done. */
  #at = '';
  #second = 0;
  #stepsBefore = 0;
  readonly #dials: DialWatch;
  done = false;

  constructor(program: Program) {
    this.#program = program;
    const { instance, seed } = program;
    this.world = new World(seed, instance);
    this.#instance = new Instance(this.world, instance, isCalm(program));
    this.tally = new Tally(this.world);
    this.calls = new Calls(this.tally, () => this.#instance);
    this.#dials = new DialWatch(this.world, this.calls, instance);
  }

  async run(): Promise<void> {
    try {
      for (const step of this.#program.steps) await this.#step(step);
      await this.#finish();
    } catch (error) {
      this.world.violate(`the simulation itself failed: ${(error as Error).stack}`);
    }
    this.done = true;
  }

  /** After every callback of the event loop. */
  check(): void {
    const { loop } = this.world;
    this.#instance.check();
    this.#dials.check();
    if (loop.now > LONGEST_MS) {
      this.world.violate(`it does not come to its end; the last step was ${this.#at}`);
      this.done = true;
    }
    const second = Math.floor(loop.now / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#stepsBefore = loop.steps;
    } else if (loop.steps - this.#stepsBefore > BUSY) {
      this.world.violate(`a busy loop: more than ${BUSY} callbacks within a second`);
      this.done = true;
    }
  }

  /** Nothing will ever happen again, and yet somebody waits. */
  stuck(): void {
    this.world.violate(`nothing happens any more, and these wait: ${[...this.calls.running].join('; ')}`);
  }

  async #step(step: Step): Promise<void> {
    this.#at = JSON.stringify(step);
    const { world, calls, tally } = this;
    world.trace.note('step', 0, step.do);
    switch (step.do) {
      case 'scopes':
        for (const scope of step.scopes) calls.scope(scope);
        return;
      case 'acquire':
        return calls.acquire(step.scope, (lease, call) => this.#hold({ lease, call }));
      case 'transaction':
        return calls.transaction(step.scope);
      case 'standing':
        return calls.standing(step.scope);
      case 'give back':
        return this.#giveBack(step.by);
      case 'wait':
        return this.#sleep(step.ms);
      case 'settle':
        return calls.settled();
      case 'server':
        return world.site.strike(step.what, step.at);
      case 'network':
        return world.weather(step.what, step.at);
      case 'factory':
        world.factory.way = step.what;
        return;
      case 'clock':
        world.surroundings.wallOffsetMs += step.ms;
        return;
      case 'timers':
        return world.timers(step.what);
      case 'stall':
        return world.stall(step.ms);
      case 'sleep':
        return world.sleep(step.ms);
      case 'hang up':
        return tally.signals.hangUp();
      case 'close':
        return this.#reopen(step.deadlineMs);
    }
  }

  /** Its holder is told where its connection is lost. In a cluster it may have left that one for another. */
  #hold(held: Held): void {
    const { lease } = held;
    this.#leases.push(held);
    if (this.world.cluster) return;
    lease.redis.stream?.once('close', () =>
      this.world.loop.after(SLACK_MS, () => {
        if (this.#leases.includes(held) && !lease.signal.aborted)
          this.world.violate('the connection of a lease is lost, and its signal silent');
      }),
    );
  }

  async #giveBack(by: 'release' | 'destroy' | 'both'): Promise<void> {
    const { lease, call } = this.#leases.shift() ?? {};
    if (!lease) return;
    call?.leave();
    const startedAt = this.world.busyTime;
    this.world.hooks.ending = lease;
    const ends = by === 'both' ? [lease.release(), lease.destroy(), lease.release()] : [lease[by]()];
    await Promise.all(ends);
    const tookMs = this.world.busyTime - startedAt;
    const { releaseTimeoutMs } = this.#program.instance;
    if (tookMs > releaseTimeoutMs + 12) this.world.violate(`${by} of a lease took ${Math.round(tookMs)} ms`);
    await expectDead(lease.redis, `a lease after ${by}`, this.tally);
  }

  async #reopen(deadlineMs: number): Promise<void> {
    await this.#instance.close(deadlineMs);
    this.#leases.length = 0;
    this.#instance = new Instance(this.world, this.#program.instance, isCalm(this.#program));
  }

  async #finish(): Promise<void> {
    const { world, calls } = this;
    this.#at = 'to finish';
    world.timers('back');
    world.heal();
    await Promise.race([calls.settled(), this.#sleep(PATIENCE_MS)]);
    for (const name of calls.running) world.violate(`${name} is not settled after ${PATIENCE_MS} ms`);
    for (const { lease } of this.#leases.splice(0)) await lease.release();
    // One sentinel of three is no reason to fail.
    if (this.#program.instance.address === 'sentinels') world.site.strike('sentinel mute');
    const recovery = new Recovery(world, this.#instance);
    await recovery.expect();
    await recovery.expectCallOrder(this.#program.seed);
    if (this.#program.seed & 32) await recovery.expectKeptIdle();
    if (this.#program.seed & 128) await recovery.expectTurns();
    if (this.#program.seed & 64) await recovery.expectConflictsMet(this.#program.seed);
    await recovery.expectMore(this.#program.seed);
    if (!isCalm(this.#program)) {
      await recovery.expectLossesFound();
      if (this.#program.seed & 2) await recovery.expectFewDials();
    }
    world.heal();
    await this.#instance.close(5_000);
    if (!this.tally.signals.isFree) world.violate('closed, and yet there are listeners on the signal of all');
    for (const [key, most] of this.tally.allowed) {
      const times = world.journal.executed.get(key) ?? 0;
      if (times > most) world.violate(`${key} was executed ${times} times`);
    }
    await this.#sleep(1_000);
    world.traces?.expectOver();
    for (const { of, action } of this.tally.waiting)
      if (action !== 'never end' && action !== 'pause') world.violate(`${of}: ${action} is never answered`);
    for (const { peers } of world.site.servers)
      if (peers.size > 0) world.violate(`closed, and the server has ${peers.size} connections`);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.loop.after(ms, resolve));
  }
}
