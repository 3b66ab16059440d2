import { portOf } from './client-list.js';
import { count, firstLineOf, headlineOf } from './description.js';
import type { HaltedError } from './halt.js';
import { now } from './moments.js';
import type { Remnant } from './remnants.js';
import type { LeakedConnection, LeakReport } from './report.js';
import type { Trial } from './trial.js';

export type Findings = Pick<LeakReport, 'verdict' | 'reason' | 'leaked' | 'perCall'>;

/** How a check ended. */
export interface End {
  /** Those of the clients that the server has. */
  readonly ports: ReadonlySet<number>;
  /** Connections that the server accepted meanwhile. */
  readonly accepted: number;
  /** What ended it before its time. */
  readonly halted: HaltedError | undefined;
}

/** A leak is one, whatever else happened; a doubt is none of either. */
export function conclude(trial: Trial, { ports, accepted, halted }: End): Findings {
  const leaked = findLeaked(trial, ports);
  const calls = trial.rounds.measured || trial.rounds.ended;
  if (leaked.length > 0) {
    const perCall = leaked.length / Math.max(1, calls);
    return { verdict: 'leak', reason: headlineOf(leaked, calls, perCall), leaked, perCall };
  }
  const doubt = halted ? tellHalt(trial, halted) : findDoubt(trial, accepted);
  if (doubt !== undefined) return { verdict: 'inconclusive', reason: doubt, leaked, perCall: 0 };
  return { verdict: 'no leak', reason: `nothing grew in ${calls} calls`, leaked, perCall: 0 };
}

function tellHalt({ rounds, watch }: Trial, { message }: HaltedError): string {
  const open = watch.open().length;
  return `${message}: ${rounds.ended} of ${rounds.begun} calls had ended; ${count(open, 'connection')} ${open === 1 ? 'was' : 'were'} open`;
}

function findDoubt(trial: Trial, accepted: number): string | undefined {
  const { calls, errors, isServerFull } = trial.rounds;
  if (isServerFull) return `the server had no room for more connections after ${calls} calls`;
  if (errors.length === calls) return `every call failed, the first with ${firstLineOf(errors[0])}`;
  if (trial.watch.isBlind && trial.inquiry.quietDials > 0)
    return 'somebody goes on dialling after the calls have ended, and this runtime does not tell whether it is them';
  return sawConnections(trial, accepted) ? undefined : 'no call opened a connection, or used one';
}

/** Those of other threads and processes may all be closed again: then the server has accepted them, at the pace of the calls. */
function sawConnections({ census, old, watch, inquiry, rounds }: Trial, accepted: number): boolean {
  if (census.hadOutside || old.areUsed || watch.count > 0 || inquiry.sight.outside.length > 0) return true;
  return accepted > 0 && (watch.spawned !== undefined || 2 * accepted >= rounds.begun);
}

function findLeaked(trial: Trial, ports: ReadonlySet<number>): LeakedConnection[] {
  const { inquiry } = trial;
  const { ofCalls, ofOthers } = inquiry.sight;
  const ours = inquiry.leaks('calls') ? ofCalls.filter(({ target }) => inquiry.curves.grows(target)) : [];
  const others = inquiry.blames('others') ? ofOthers : [];
  const here = measured(trial, [...ours, ...others]).map((remnant) => describe(remnant, ports));
  return inquiry.blames('outside') ? [...here, ...describeOutside(trial)] : here;
}

/** What the warm-up left is no part of the rate, unless there is nothing else to go by. */
function measured({ rounds }: Trial, remnants: readonly Remnant[]): readonly Remnant[] {
  const fresh = remnants.filter(({ at }) => at >= rounds.startedAt);
  return fresh.length > 0 ? fresh : remnants;
}

function describe(
  { state, at, remote, localPort, stack }: Remnant,
  ports: ReadonlySet<number>,
): LeakedConnection {
  const confirmed = localPort !== null && ports.has(localPort);
  return { state, remote, localPort, ageMs: Math.round(now() - at), stack: stack(), confirmed };
}

function describeOutside({ inquiry, watch, witness }: Trial): LeakedConnection[] {
  const stack = watch.spawned?.() ?? '';
  return inquiry.outsideSinceBegin.map(({ row }) => ({
    state: 'outside',
    remote: witness.remote,
    localPort: portOf(row.addr) || null,
    ageMs: row.ageSeconds * 1_000,
    stack,
    confirmed: true,
  }));
}
