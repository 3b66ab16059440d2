import { ConfigurationError, DeadlineExceededError } from '../index.js';
import type { CheckedFunction } from './calls.js';
import { type Dial, type DialWatch, watchDials } from './dials.js';
import { createHalt } from './halt.js';
import { LeakError } from './leak-error.js';
import { type LeakCheckOptions, type LeakCheckSettings, readLeakCheckOptions } from './options.js';
import type { LeakedConnection, LeakReport } from './report.js';
import { readResources } from './resources.js';
import { Rounds } from './rounds.js';
import { findOut } from './suspicion.js';
import { callWitness } from './witness.js';

/** Two checks at once would count each other's connections. */
let previous: Promise<unknown> = Promise.resolve();

/**
 * Calls a function again and again, and tells whether connections stay open, and which line opened them. The function
 * may use any client: what is watched are the sockets of this process, and the server's CLIENT LIST confirms them. Those
 * of worker threads and other processes are not seen. A pool that fills and stays, and connections that take up to
 * `settleMs` to close, are no leak. A call that throws is counted, and the check goes on.
 *
 * Checks in one process run one after the other.
 *
 * @throws {ConfigurationError} An option cannot be used, or there is neither `url` nor `REDIS_URL`.
 * @throws {ConnectError} The server cannot be reached.
 * @throws {DeadlineExceededError} The check took longer than `deadlineMs`; its `cause` says how far it came.
 * @throws `signal.reason`, by identity, once `signal` has aborted.
 *
 * @example
 * ```ts
 * import { checkLeaks } from 'with-redis/testing';
 * import { withRedis } from 'with-redis';
 *
 * const report = await checkLeaks(() => withRedis((redis) => redis.get('price')), { calls: 50 });
 * console.log(report.ok, report.perCall, report.connections.peak, report.leaked);
 * ```
 */
export async function checkLeaks(fn: CheckedFunction, options?: LeakCheckOptions): Promise<LeakReport> {
  if (typeof fn !== 'function')
    throw new ConfigurationError('fn', `must be a function; received a ${typeof fn}`);
  const settings = readLeakCheckOptions(options);
  const mine = previous.then(() => check(fn, settings));
  previous = mine.catch(() => undefined);
  return mine;
}

/**
 * The same for a test: resolves to the report where nothing leaks.
 *
 * @throws {LeakError} Something leaks. Its message names the lines, its `report` has the rest.
 */
export async function expectNoLeaks(fn: CheckedFunction, options?: LeakCheckOptions): Promise<LeakReport> {
  const report = await checkLeaks(fn, options);
  if (!report.ok) throw new LeakError(report);
  return report;
}

async function check(fn: CheckedFunction, settings: LeakCheckSettings): Promise<LeakReport> {
  const { url, signal, deadlineMs } = settings;
  signal?.throwIfAborted();
  const witness = await callWitness(url, signal);
  const watch = watchDials();
  const halt = createHalt(signal, deadlineMs);
  const rounds = new Rounds(fn, settings, watch, halt, witness.room);
  try {
    return await measure(rounds, watch, settings.concurrency, () => halt.race(witness.ports()));
  } catch (error) {
    throw halt.isDeadline(error)
      ? new DeadlineExceededError(deadlineMs, 'run', [], { cause: rounds.asError() })
      : error;
  } finally {
    halt.callOff();
    watch.stop();
    await witness.close();
  }
}

async function measure(
  rounds: Rounds,
  watch: DialWatch,
  concurrency: number,
  readPorts: () => Promise<Set<number>>,
): Promise<LeakReport> {
  await rounds.warmUp();
  const before = readResources();
  const leaks = await findOut(rounds, watch, concurrency);
  const ports = await readPorts();
  const left = leaks ? rounds.leftOpen() : [];
  const after = readResources();
  const range = (name: keyof typeof before) => ({ before: before[name], after: after[name] });
  return {
    ok: !leaks,
    perCall: left.length / rounds.calls,
    calls: rounds.calls,
    errors: { count: rounds.errors.length, first: rounds.errors[0] },
    connections: {
      before: rounds.samples[0]!,
      after: watch.open().length,
      peak: watch.peak,
      samples: rounds.samples,
      opened: rounds.opened,
    },
    rss: range('rss'),
    heap: range('heap'),
    handles: range('handles'),
    leaked: left.map((dial) => describe(dial, ports)),
  };
}

function describe({ socket, at, stack }: Dial, ports: ReadonlySet<number>): LeakedConnection {
  const localPort = socket.localPort ?? null;
  return {
    localPort,
    ageMs: Math.round(performance.now() - at),
    stack: stack(),
    confirmed: localPort !== null && ports.has(localPort),
  };
}
