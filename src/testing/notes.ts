import { count, firstLineOf } from './description.js';
import type { Findings } from './findings.js';
import { runtimeLimits } from './runtime-limits.js';
import { isMinified } from './stack.js';
import type { Trial } from './trial.js';

/** A connection that takes longer to close is worth a word. */
const SLOW_MS = 500;

/** What one should know besides the verdict, a sentence each. */
export function writeNotes(trial: Trial, findings: Findings): string[] {
  return [
    ...tellCalls(trial),
    ...tellOpen(trial, findings),
    ...tellOthers(trial),
    ...tellLeak(trial, findings),
    ...tellDoubt(trial, findings),
    ...tellTargets(trial),
    ...(runtimeLimits === undefined ? [] : [runtimeLimits]),
  ];
}

function tellCalls({ rounds, settings, fn }: Trial): string[] {
  const { extra, calls } = rounds;
  const asked = `${count(settings.calls, 'call')} left a doubt: ${extra} more than asked for were made`;
  const fewer = `the server has little room: ${rounds.settings.concurrency} calls at once instead of ${settings.concurrency}, ${calls} in all`;
  const needs = `the function takes ${count(fn.length, 'argument')} and is called without any: wrap it, () => fn(…)`;
  return [
    ...(extra > 0 ? [asked] : []),
    ...(rounds.settings.concurrency < settings.concurrency ? [fewer] : []),
    ...(fn.length > 0 ? [needs] : []),
  ];
}

function tellOpen({ rounds, inquiry, watch }: Trial, { verdict }: Findings): string[] {
  const { warmedUpWith, settings, startedAt } = rounds;
  const warmUp = `the warm-up of ${count(settings.warmup, 'call')} opened ${count(warmedUpWith, 'connection')}`;
  const kept = inquiry.sight.ofCalls.filter(({ at, state }) => state === 'open' && at >= startedAt).length;
  const bounded = `of those that the measured calls opened ${kept} are open; their number stopped growing, as a pool's does`;
  const slow = `connections took up to ${(inquiry.closedAfterMs / 1_000).toFixed(1)} s after the last call to close`;
  const timers = watch.timers().length;
  const pending = `${count(timers, 'timer')} of the calls are pending: what they will do has not been seen`;
  return [
    ...(warmedUpWith > 0 ? [warmUp] : []),
    ...(verdict === 'no leak' && kept > 0 ? [bounded] : []),
    ...(inquiry.closedAfterMs > SLOW_MS ? [slow] : []),
    ...(verdict !== 'inconclusive' && timers > settings.concurrency ? [pending] : []),
  ];
}

function tellOthers({ inquiry, rounds }: Trial): string[] {
  const { ofOthers } = inquiry.sight;
  const fresh = ofOthers.filter(({ at }) => at >= rounds.startedAt);
  const here = () =>
    `other work of the process, not the calls, opened ${count(fresh.length, 'connection')} that stay open, the last one ${fresh.at(-1)!.stack() || 'who knows where'}`;
  const outside = `other threads or processes opened ${count(inquiry.outsideSinceBegin.length, 'connection')} that stay open, at a pace that is not that of the calls`;
  return [
    ...(inquiry.otherWork.has('others') && fresh.length > 0 ? [here()] : []),
    ...(inquiry.otherWork.has('outside') && inquiry.outsideSinceBegin.length > 0 ? [outside] : []),
  ];
}

function tellLeak({ rounds, inquiry }: Trial, { verdict, leaked }: Findings): string[] {
  if (verdict !== 'leak') return [];
  const more = 10 * Math.max(rounds.calls, leaked.length);
  const whose = (['calls', 'others', 'outside'] as const).find((each) => inquiry.leaks(each))!;
  const growth = inquiry.curves.growthOf(whose).join(', ');
  const isOnPurpose = `no leak if it is a cache that holds more than these calls opened (one stretch of calls after the other left ${growth}): it stops growing with more calls, ${more} for example`;
  const closesLate = 'no leak if they close later: settleMs, --settle, is how long to wait';
  const isBundle =
    'these lines are those of a bundle: set NODE_OPTIONS=--enable-source-maps, with source maps beside it';
  return [
    ...(leaked.some(({ stack }) => isMinified(stack)) ? [isBundle] : []),
    ...(leaked.some(({ state }) => state === 'open') ? [`${isOnPurpose}; ${closesLate}`] : []),
  ];
}

function tellDoubt({ rounds }: Trial, { verdict }: Findings): string[] {
  const { errors, calls, isServerFull } = rounds;
  const failed = `${errors.length} of ${count(calls, 'call')} failed, the first with ${firstLineOf(errors[0])}`;
  if (errors.length > 0 && verdict !== 'inconclusive') return [failed];
  if (verdict !== 'inconclusive') return [];
  if (isServerFull) return ['give it a server with more room (maxclients), or one of its own'];
  return errors.length > 0
    ? ['a function is called without arguments: wrap what needs some, () => fn(…)']
    : [];
}

/** A service that does not heed REDIS_URL tests something else. */
function tellTargets({ watch, witness }: Trial): string[] {
  const targets = [...watch.targets];
  if (targets.length === 0) return [];
  const port = witness.remote.slice(witness.remote.lastIndexOf(':'));
  if (targets.some(([target]) => target.endsWith(port))) return [];
  const where = targets.map(([target, times]) => `${target} (${times})`).join(', ');
  return [
    `no dial went to the server of the check, ${witness.remote}, but to ${where}: does it read REDIS_URL?`,
  ];
}
