import type { CallOptions } from 'with-redis';
import { tagOf } from './keys.js';
import type { Action, InstancePlan, Isolation, Scope } from './program.js';
import { EXECUTING } from './verdict.js';

export type Kind = 'scope' | 'transaction' | 'acquire' | 'standing';

/** A transaction whose keys keep changing runs its function this often. */
const CONFLICTS = 10;

/** What a call and its attempts share. */
export interface Subject {
  readonly id: number;
  readonly name: string;
  readonly scope: Scope;
  readonly isolation: Isolation;
  /** How often its function may run although that may do things twice. */
  readonly repeats: number;
  /** It watches keys. */
  readonly transacts: boolean;
  /** Its commands are those of the standing client. */
  readonly stands: boolean;
  /** Of its keys, in a cluster. */
  readonly tag: string;
  /** What commands gave to the function, and what it threw itself. */
  readonly seen: Set<unknown>;
  /** Keys of transactions that it left open. */
  readonly opened: string[];
  /** Nobody follows where its commands are sent any more. */
  isOver: boolean;
  /** Its caller has what came of it. */
  isSettled: boolean;
  readonly kind: Kind;
}

export function subjectOf(id: number, kind: Kind, scope: Scope, plan: InstancePlan): Subject {
  const does = scope.body.map((action) => action.do).join(', ') || 'nothing';
  const attempts = scope.attempts ?? plan.attempts;
  return {
    id,
    name: `${kind} ${id} (${does})`,
    scope,
    isolation: kind === 'scope' ? (scope.isolation ?? plan.isolation) : 'exclusive',
    repeats: kind === 'transaction' ? Math.max(CONFLICTS, attempts) : scope.idempotent ? attempts : 1,
    transacts: kind === 'transaction',
    stands: kind === 'standing',
    tag: plan.address === 'cluster' ? tagOf(id) : '',
    seen: new Set(),
    opened: [],
    isOver: false,
    isSettled: false,
    kind,
  };
}

/** Of a cluster: it is about another node than the rest of its scope. */
export const strays = ({ how }: Action): boolean => how % 4 === 3;

/** Where it begins in a cluster; who shares connections need not say. */
export function placeOf({ id, tag, isolation }: Subject): CallOptions {
  return tag && (isolation === 'exclusive' || id % 2) ? { key: tag } : {};
}

/** It has sent EXEC itself, maybe just before its end; whatever it had queued is executed by that. */
export function executes({ transacts, scope }: Subject): boolean {
  return transacts || scope.body.some((action) => EXECUTING.includes(action.do));
}
