import { ConfigurationError } from '../index.js';
import type { CheckedFunction } from './calls.js';
import { createCensus } from './census.js';
import { conclude, type End } from './findings.js';
import { createHalt, HaltedError } from './halt.js';
import { Inquiry } from './inquiry.js';
import { LeakError } from './leak-error.js';
import { pause } from './moments.js';
import { writeNotes } from './notes.js';
import { watchOldSockets } from './old-sockets.js';
import { type LeakCheckOptions, type LeakCheckSettings, readLeakCheckOptions } from './options.js';
import type { LeakReport } from './report.js';
import { type Resources, readResources } from './resources.js';
import { fitInto } from './room.js';
import { Rounds } from './rounds.js';
import type { Trial } from './trial.js';
import { watchProcess } from './watch.js';
import { callWitness } from './witness.js';

/** For the server's last word, after the end of a check that was cut short. */
const LAST_WORD_MS = 500;

/** Two checks at once would count each other's connections, also those of two copies of this package (ESM, CJS). */
const PREVIOUS: unique symbol = Symbol.for('with-redis.leak-check.1') as never;
const shared = globalThis as { [PREVIOUS]?: Promise<unknown> };

/**
 * Calls a function again and again, and tells whether connections stay open, and which line opened them. The function
 * may use any client: what is watched are the sockets of this thread, who set off what, and the server's CLIENT LIST, which
 * also tells of worker threads and child processes. A pool that fills and stays, and connections that close by and by, are
 * no leak. A client that never connects and goes on dialling is one. A call that throws is counted, and the check goes on.
 *
 * What has shown nothing is `inconclusive`: every call failed, no call used a connection, the server was full, or the check
 * ended before its time.
 *
 * Checks in one process run one after the other.
 *
 * @throws {ConfigurationError} An option cannot be used, or there is neither `url` nor `REDIS_URL`.
 * @throws {ConnectError} The server cannot be reached, or does not answer.
 * @throws `signal.reason`, by identity, where `signal` has aborted before the first call.
 *
 * @example
 * ```ts
 * import { checkLeaks } from 'with-redis/testing';
 * import { withRedis } from 'with-redis';
 *
 * const report = await checkLeaks(() => withRedis((redis) => redis.get('price')), { calls: 50 });
 * console.log(report.verdict, report.perCall, report.connections.peak, report.leaked);
 * ```
 */
export async function checkLeaks(fn: CheckedFunction, options?: LeakCheckOptions): Promise<LeakReport> {
  if (typeof fn !== 'function')
    throw new ConfigurationError('fn', `must be a function; received a ${typeof fn}`);
  const settings = readLeakCheckOptions(options);
  const mine = (shared[PREVIOUS] ?? Promise.resolve()).then(() => check(fn, settings));
  shared[PREVIOUS] = mine.catch(() => undefined);
  return mine;
}

/**
 * The same for a test: resolves to the report where nothing leaks.
 *
 * @throws {LeakError} Something leaks, or it has not been shown that nothing does. Its message names the lines and says what
 * to do, its `report` has the rest.
 */
export async function expectNoLeaks(fn: CheckedFunction, options?: LeakCheckOptions): Promise<LeakReport> {
  const report = await checkLeaks(fn, options);
  if (!report.ok) throw new LeakError(report, report.errors.first);
  return report;
}

async function check(fn: CheckedFunction, settings: LeakCheckSettings): Promise<LeakReport> {
  const { signal, deadlineMs } = settings;
  signal?.throwIfAborted();
  const witness = await callWitness(settings);
  const watch = watchProcess();
  const halt = createHalt(signal, deadlineMs);
  try {
    const old = watchOldSockets((socket) => socket !== witness.socket && !watch.knows(socket));
    const census = createCensus(witness, watch, old);
    const rounds = new Rounds(fn, fitInto(witness.room, settings), { watch, old, halt, room: witness.room });
    const inquiry = new Inquiry(rounds, watch, census.take, halt);
    return await examine({ fn, settings, witness, watch, old, census, rounds, inquiry });
  } finally {
    halt.callOff();
    watch.stop();
    await witness.close();
  }
}

async function examine(trial: Trial): Promise<LeakReport> {
  const { census, inquiry } = trial;
  const halted = await inquiry.run().then(() => undefined, readHalt);
  const bounded = <T>(work: Promise<T>) => Promise.race([work, pause(LAST_WORD_MS)]);
  const lastWord = await bounded(census.take());
  if (halted) inquiry.lookAtTheEnd(lastWord?.outside);
  const ports = lastWord?.ports ?? new Set();
  const accepted = (await bounded(census.accepted())) ?? 0;
  return write(trial, { ports, accepted, halted });
}

function readHalt(error: unknown): HaltedError {
  if (error instanceof HaltedError) return error;
  throw error;
}

function write(trial: Trial, end: End): LeakReport {
  const { rounds, watch } = trial;
  const findings = conclude(trial, end);
  const after = readResources();
  const range = (name: keyof Resources) => ({ before: rounds.resources[name], after: after[name] });
  return {
    ok: findings.verdict === 'no leak',
    ...findings,
    notes: writeNotes(trial, findings),
    calls: rounds.calls,
    errors: { count: rounds.errors.length, first: rounds.errors[0] },
    warmup: { calls: rounds.settings.warmup, opened: rounds.warmedUpWith, samples: rounds.warmupSamples },
    connections: {
      before: rounds.samples[0] ?? 0,
      after: watch.open().length,
      peak: watch.peak,
      samples: rounds.samples,
      opened: rounds.opened,
    },
    dials: [...watch.targets].map(([target, count]) => ({ target, count })),
    rss: range('rss'),
    heap: range('heap'),
    handles: range('handles'),
  };
}
