import { mostTelling } from '../adapters/connect-failure.js';
import { isLoading, type Send } from '../adapters/handshake.js';
import type { Clock, Timer } from '../core/clock.js';
import { AcquireTimeoutError, ConnectError } from '../core/errors.js';
import { type Claim, ownError, type WaiterLimits, Waiters } from '../pool/waiters.js';
import { Acquaintances } from './acquaintances.js';
import { Inquiry, Unwanted } from './inquiry.js';
import type { Nodes } from './nodes.js';
import { Patrol } from './patrol.js';
import type { Address, ClusterPlan } from './plan.js';
import type { RouteClaim } from './route-claim.js';
import { type Chart, SlotMap } from './slot-map.js';
import { askForChart } from './slot-question.js';
import { chartOfStranger } from './stranger.js';

/** A node that answers has done so by then; another one is asked too. */
const SHARE_MS = 50;
/** Doubts that follow one another are one question. */
const PAUSE_MS = 50;

export interface TopologyContext extends WaiterLimits {
  readonly nodes: Nodes;
  readonly plan: ClusterPlan;
  readonly clock: Clock;
}

/** Knows who owns what, and asks again when that may have changed: one question at a time, however many want to know. */
export class Topology {
  readonly #context: TopologyContext;
  readonly #slots = new SlotMap();
  readonly #waiters: Waiters<void>;
  readonly #acquaintances: Acquaintances;
  readonly #patrol: Patrol;
  /** What seeds tell of another cluster: believed where nobody knows of the old one. */
  #foreign: Chart[] = [];
  /** What is being asked. */
  #inquiry: Inquiry<Chart> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #lastFailure: unknown;
  /** Until it is asked once more. */
  #again: Timer | undefined;
  /** Something has happened that another master may be the reason of. */
  #stale = false;
  #closed = false;

  constructor(context: TopologyContext) {
    this.#context = context;
    this.#acquaintances = new Acquaintances(context.plan.seeds);
    const { nodes, plan, clock } = context;
    this.#patrol = new Patrol({
      clock,
      intervalMs: plan.refreshIntervalMs,
      lingerMs: plan.idleMs,
      isBusy: () => nodes.isBusy,
      ask: () => this.#ask(),
    });
    this.#waiters = new Waiters(context, {
      phase: () => 'connect',
      timedOut: (claim) => this.#timeout(claim),
      left: () => {
        if (this.pending === 0 && !this.#stale) this.#inquiry?.stop();
      },
    });
  }

  get known(): boolean {
    return this.#slots.masters.size > 0;
  }

  get masters(): ReadonlySet<Address> {
    return this.#slots.masters;
  }

  get pending(): number {
    return this.#waiters.queue.size;
  }

  /** Of the map; another one when an owner has changed. */
  get version(): number {
    return this.#slots.version;
  }

  ownerOf(slot: number): Address | undefined {
    return this.#slots.ownerOf(slot);
  }

  /** Resolves when it has been asked anew; rejects with the reason why nobody answers. */
  refresh(claim: RouteClaim, now: number): Promise<void> {
    // A wait for the question is one for a dial: whoever may have a connection then waits for nobody else.
    const answered = this.#waiters.join(claim, now, claim.own ? this.#context.plan.maxConnections : 1);
    this.#ask();
    return answered;
  }

  /** A node has told who owns a slot; what else has changed is asked with the next scope. */
  moved(slot: number, to: Address): void {
    this.#slots.moved(slot, to);
    this.#acquaintances.meet(to);
    this.#stale = true;
  }

  /** A node does not do what it should, so somebody else may have taken over. */
  suspect(address: Address): void {
    this.#acquaintances.suspect(address);
    this.#stale = true;
  }

  /** Somebody is about to use the map. Asks anew if there is a reason to, and holds nobody up. */
  renew(): void {
    this.#patrol.used();
    this.#resolveDoubt();
  }

  #resolveDoubt(): void {
    if (this.#stale && this.#context.clock.now() - this.#askedAt >= PAUSE_MS) this.#ask();
  }

  /** Its reply was that of a node that owns nothing (any more). */
  doubt(address: Address): void {
    this.suspect(address);
    this.#resolveDoubt();
  }

  /** Rejects if a connection that is being opened leads to a stranger. */
  async greet(address: Address, send: Send): Promise<void> {
    const chart = this.known && (await chartOfStranger(send, address, this.#context.plan, this.#slots));
    if (chart) throw this.#disbelieve(address, chart);
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
    this.#patrol.end();
    this.#again?.cancel();
    this.#inquiry?.stop();
  }

  #ask(): void {
    if (this.#inquiry || this.#closed) return;
    this.#again?.cancel();
    const { clock } = this.#context;
    this.#askedAt = clock.now();
    const candidates = this.#acquaintances.candidates(this.#slots.masters);
    this.#foreign = [];
    const ask = (address: Address, unwanted: Promise<never>) => this.#askOne(address, unwanted);
    const shareMs = Math.min(SHARE_MS, this.#context.plan.patienceMs / (2 * candidates.length));
    const inquiry = new Inquiry(clock, shareMs, candidates, ask);
    this.#inquiry = inquiry;
    inquiry.run().then(
      (chart) => this.#adopt(chart),
      (failures: unknown) => {
        if (this.#foreign[0]) this.#adopt(this.#foreign[0]);
        else this.#failed(failures);
      },
    );
  }

  async #askOne(address: Address, unwanted: Promise<never>): Promise<Chart> {
    const { nodes, plan } = this.#context;
    const chart = await askForChart(nodes.serverAt(address), address, plan, unwanted);
    if (this.#slots.isForeign(chart))
      throw new ConnectError(address, false, { cause: this.#disbelieve(address, chart) });
    return chart;
  }

  #disbelieve(address: Address, chart: Chart): Error {
    if (this.#acquaintances.isSeed(address)) this.#foreign.push(chart);
    this.suspect(address);
    return new Error('the node belongs to another cluster');
  }

  #adopt(chart: Chart): void {
    this.#inquiry = undefined;
    this.#slots.adopt(chart);
    this.#acquaintances.update(chart.named);
    this.#stale = false;
    this.#context.nodes.keepOnly(chart.masters, chart.named);
    while (this.pending > 0) this.#waiters.grant();
  }

  #failed(failures: unknown): void {
    this.#inquiry = undefined;
    if (failures instanceof Unwanted) {
      if (this.pending > 0) this.#ask();
      return;
    }
    const loads = (failures as ConnectError[]).find(({ cause }) => isLoading(cause));
    this.#lastFailure = loads ?? mostTelling(failures as unknown[]);
    // Whoever loads is waited for, as one server is.
    if (loads && !this.#closed) {
      this.#again = this.#context.clock.after(PAUSE_MS, () => this.pending > 0 && this.#ask());
    } else this.#waiters.refuseAll(ownError(this.#lastFailure));
  }

  #timeout({ label, acquireTimeoutMs }: Claim): Error {
    const nothing = { size: 0, borrowed: 0, connecting: 0, oldest: undefined };
    const details = { ...nothing, waitedMs: acquireTimeoutMs, pending: this.pending };
    return new AcquireTimeoutError(details, { label, cause: this.#lastFailure });
  }
}
