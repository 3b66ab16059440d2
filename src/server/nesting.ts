import type { Connection } from '../connection/connection.js';
import { around } from '../core/around.js';
import type { Call } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { NestedScopeError } from '../core/errors.js';
import { captureOrigin, type Entry } from '../core/origin.js';
import type { Borrower } from '../lease/borrower.js';
import { ExclusiveLease } from '../lease/exclusive-lease.js';
import { SharedConnection } from '../lease/shared-connection.js';
import type { Nested } from '../options/options.js';
import type { Lender } from '../pool/lender.js';
import type { Claim } from '../pool/waiters.js';

interface Running {
  readonly nesting: Nesting;
  readonly call: Call;
  readonly lease: Borrower;
  readonly outer: Frame | undefined;
}

/** A scope as whatever is called inside it sees it. Empty once the scope is over: contexts outlive scopes. */
class Frame {
  running: Running | undefined;

  constructor(running: Running) {
    this.running = running;
  }

  end(): void {
    this.running = undefined;
  }
}

const frameAround = () => around.getStore() as Frame | undefined;

interface Wait {
  readonly claim: Claim;
  readonly lender: Lender<Connection, ExclusiveLease>;
  readonly inside: Frame | undefined;
}

/** Knows which scope of an instance was opened inside which other one. */
export class Nesting {
  readonly #kind: Nested;
  readonly #maxConnections: number;
  readonly #clock: Clock;
  readonly #waits = new Set<Wait>();
  /** Some scope was opened inside another one. A stack costs half a scope: who never does that pays for none. */
  #seen = false;

  constructor(kind: Nested, maxConnections: number, clock: Clock) {
    this.#clock = clock;
    this.#kind = kind;
    this.#maxConnections = maxConnections;
  }

  /** Runs the function of a scope, and remembers for whatever it calls that it does. */
  run<T>(call: Call, lease: Borrower, fn: () => T): T {
    const frame = new Frame({ nesting: this, call, lease, outer: frameAround() });
    lease.frame = frame;
    return around.run(frame, fn);
  }

  /** Throws where no call may begin; else where this one comes from, if that may be asked for later. */
  admit(label: string | undefined, above: Entry): Error | undefined {
    const inside = frameAround();
    const outer = inside && this.#enclosing(inside);
    if (!outer) return this.#seen ? captureOrigin(above) : undefined;
    this.#seen = true;
    if (this.#kind !== 'forbid') return undefined;
    const problem = "A scope was opened inside another one of the same instance, and nested is 'forbid'";
    throw nestedError(problem, outer, { label, origin: captureOrigin(above) });
  }

  /**
   * The lease of the scope that encloses this point, if it may be used here too. Not one that others share, and not one
   * that carries a state: the inner scope counts on a connection as if new.
   */
  reusable(): ExclusiveLease | undefined {
    if (this.#kind !== 'reuse') return undefined;
    const lease = this.#enclosing(frameAround())?.lease.grant;
    if (!(lease instanceof ExclusiveLease) || lease.holder instanceof SharedConnection) return undefined;
    return lease.clean && !lease.connection.flaw ? lease : undefined;
  }

  /**
   * Called with a claim that has to wait until `granted` settles. Where that would be never it is refused, a turn of the
   * event loop later: a call that is the last thing its scope does is not waited for.
   */
  wait(claim: Claim, lender: Wait['lender'], granted: Promise<unknown>): void {
    const inside = frameAround();
    if (!inside || !this.#enclosing(inside)) return;
    claim.origin ??= captureOrigin(claim.entry ?? this.wait);
    const wait: Wait = { claim, lender, inside };
    this.#waits.add(wait);
    const over = () => this.#waits.delete(wait);
    granted.then(over, over);
    this.#clock.soon(() => this.#judge(wait));
  }

  #judge(wait: Wait): void {
    const { claim, lender, inside } = wait;
    const outer = this.#enclosing(inside);
    if (!outer || !this.#waits.has(wait) || !this.#isDeadlock(lender)) return;
    const problem = `Waiting would never end: each of the ${this.#maxConnections} connections is held by a scope that waits for one`;
    claim.phase?.stop(nestedError(problem, outer, claim), 'aborted');
  }

  /** Whether every connection is held by a scope inside which somebody waits for one. */
  #isDeadlock(lender: Wait['lender']): boolean {
    const blocked = new Set<unknown>();
    for (const wait of this.#waits) {
      if (wait.lender === lender) for (const { lease } of this.#around(wait.inside)) blocked.add(lease.grant);
    }
    const held = [...lender.grants].filter(({ connection }) => connection.state === 'borrowed');
    return held.length >= this.#maxConnections && held.every((lease) => blocked.has(lease));
  }

  #enclosing(frame: Frame | undefined): Running | undefined {
    return this.#around(frame).next().value;
  }

  /** The scopes of this instance around a point, the innermost first. Nobody waits for what a scope left behind. */
  *#around(frame: Frame | undefined): Generator<Running, undefined> {
    for (let each = frame?.running; each; each = each.outer?.running) {
      if (each.nesting === this) yield each;
    }
    return undefined;
  }
}

type Party = Pick<Claim, 'label' | 'origin'>;

/** Where the outer scope was opened may not be known; then it is where its function opened the inner one. */
function nestedError(problem: string, { call: outer }: Running, inner: Party): NestedScopeError {
  const party = ({ label }: Party, origin: Error | undefined) => ({ label, stack: origin?.stack });
  const parties = [party(outer, outer.origin ?? inner.origin), party(inner, inner.origin)] as const;
  return new NestedScopeError(problem, ...parties, { label: inner.label });
}
