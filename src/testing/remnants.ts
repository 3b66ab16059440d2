import { type Dial, remoteOf } from './dials.js';
import { repeats, type SetTimer } from './timers.js';
import type { ProcessWatch } from './watch.js';

/** Something that a call has left behind: an open connection, or a client that has none and goes on dialling. */
export interface Remnant {
  readonly state: 'open' | 'dialling';
  /** When its client began. */
  readonly at: number;
  /** Where it was to go. */
  readonly target: string;
  readonly remote: string;
  readonly localPort: number | null;
  readonly stack: () => string;
}

/** Whose they are. Those of calls that have not ended are nobody's yet. */
export interface Remnants {
  readonly ofCalls: readonly Remnant[];
  /** Of work that no call has set off, as far as one can tell. */
  readonly ofOthers: readonly Remnant[];
}

/** `restlessSince`: who dials later than that, when no call was under way, goes on dialling. */
export function findRemnants(watch: ProcessWatch, restlessSince: number): Remnants {
  const open = watch.open();
  const ofCalls = open.filter(({ mark }) => mark.call?.hasEnded);
  const ofOthers = open.filter(({ mark }) => mark.call === undefined);
  const counted = new Set<unknown>(ofCalls.flatMap(({ root, mark }) => [root, mark.call]));
  return {
    ofCalls: [...ofCalls.map(fromDial), ...findRestless(watch, restlessSince, counted)],
    ofOthers: ofOthers.map(fromDial),
  };
}

/** One for each client that is between two dials, or call that goes on; none for those that have a connection open. */
function findRestless(watch: ProcessWatch, since: number, counted: Set<unknown>): Remnant[] {
  const isNew = (owner: unknown) => !counted.has(owner) && counted.add(owner);
  const timers = watch.timers().filter(goesOn);
  return [
    ...timers.filter(({ mark }) => isNew(mark.dial?.root ?? mark.call)).map(fromTimer),
    ...watch
      .lateSince(since)
      .filter(({ root, mark }) => isNew(mark.call) && isNew(root))
      .map(fromLateDial),
  ];
}

/**
 * What it will do when it fires is known from what has been done: it repeats, or its call has ended and goes on dialling.
 * One that polls for something else, and sets the next, is no client.
 */
function goesOn(timer: SetTimer): boolean {
  const { call, dial } = timer.mark;
  if (!call?.hasEnded) return false;
  const failed = dial?.socket.destroyed === true && dial.socket.bytesRead === 0;
  const dialledLate = call.lateDialAt !== undefined && timer.at >= call.lateDialAt;
  return repeats(timer) || failed || dialledLate;
}

function fromDial(dial: Dial): Remnant {
  return {
    state: 'open',
    at: dial.root.at,
    target: dial.target,
    remote: remoteOf(dial),
    localPort: dial.socket.localPort ?? null,
    stack: dial.stack,
  };
}

function fromLateDial({ root, target, stack }: Dial): Remnant {
  return { state: 'dialling', at: root.at, target, remote: target, localPort: null, stack };
}

function fromTimer({ mark, at, stack }: SetTimer): Remnant {
  const root = mark.dial?.root;
  const target = root?.target ?? mark.call?.target ?? '';
  return {
    state: 'dialling',
    at: root?.at ?? mark.call?.at ?? at,
    target,
    remote: target,
    localPort: null,
    stack: root?.stack ?? stack,
  };
}
