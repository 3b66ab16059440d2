import { PoolSource } from '../adapters/generic-pool.js';
import { answersPing } from '../adapters/liveness.js';
import { type Server, serverOf } from '../connection/address.js';
import type { Connection } from '../connection/connection.js';
import { Epoch } from '../connection/generation.js';
import type { Clock } from '../core/clock.js';
import { Deadlines } from '../core/deadlines.js';
import { ConfigurationError } from '../core/errors.js';
import { ActiveLease } from '../lease/exclusive-lease.js';
import { SharedLines } from '../lease/shared-lender.js';
import { traceDials } from '../observe/channels.js';
import type { Observer } from '../observe/events.js';
import { notify } from '../observe/events.js';
import type { Settings } from '../options/settings.js';
import { url as validUrl } from '../options/validation.js';
import { Ledger } from '../pool/ledger.js';
import { Lender } from '../pool/lender.js';
import type { Driver } from '../pool/opener.js';
import { Opener } from '../pool/opener.js';
import { Slots } from '../pool/permits.js';
import { type CloseGrace, freshSource, type Source } from '../pool/source.js';
import type { Environment } from './environment.js';
import { Nesting } from './nesting.js';

/** A connection that idles was validated in this time or is given up. */
const VALIDATE_MS = 250;
/** Long enough for a healthy server on the same continent to close its side. */
const FORCE_MS = 100;
/** How long a connection that came back is at hand without a round through the pool. */
const WARM_MS = 10;
/** Bound of a dial where neither a wait nor a call has one. */
const LONGEST_DIAL_MS = 10_000;

/** What a call needs, wherever its connection comes from. */
export interface CallContext {
  /** Of the instance. */
  readonly name: string;
  /** Where connections go, if the options say so. */
  readonly server: Server | undefined;
  /** Where somebody wants to know which scope was opened inside which. */
  readonly nesting: Nesting | undefined;
  readonly ledger: Ledger;
  readonly deadlines: Deadlines;
  readonly observer: Observer | undefined;
  readonly clock: Clock;
  /** `Infinity` where nobody wants to know. */
  readonly leakThresholdMs: number;
}

/** Everything that one server needs: where its connections come from, who gets them, who counts. */
export interface Engine extends CallContext {
  readonly slots: Slots;
  readonly opener: Opener<Connection>;
  readonly source: Source<Connection>;
  readonly lender: Lender<Connection, ActiveLease>;
  readonly shared: SharedLines;
  readonly maxConnections: number;
  readonly releaseTimeoutMs: number;
  readonly forceMs: number;
}

/** What outlives an engine where there are several, one after the other, for the same server. */
export interface Lasting {
  readonly ledger: Ledger;
  readonly slots: Slots;
  readonly deadlines: Deadlines;
}

export function lasting({ maxConnections, maxConnecting }: Settings, clock: Clock): Lasting {
  return {
    ledger: new Ledger(),
    slots: new Slots(maxConnections, maxConnecting),
    deadlines: new Deadlines(clock),
  };
}

export function createEngine(
  settings: Settings,
  environment: Environment,
  { ledger, slots, deadlines } = lasting(settings, environment.clock),
): Engine {
  const { clock } = environment;
  const { name, releaseTimeoutMs, maxConnections, observer } = settings;
  const grace = closeGrace(settings);
  const url = readUrl(settings);
  const server = serverOf({ ...settings, url });
  const driver = traceDials(createConnections({ ...settings, url }, grace, environment), name, server);
  const nesting = settings.nested === 'allow' ? undefined : new Nesting(settings.nested, maxConnections);
  const opener: Opener<Connection> = new Opener({
    driver: nesting ? nesting.outside(driver) : driver,
    slots,
    ledger,
    clock,
    dialTimeoutMs: longestDial(settings),
    onOpen: (connection, connectMs) => {
      connection.onIdleLost = () => void opener.close(connection, 'lost', grace.forceMs);
      notify(observer, 'onConnect', () => ({ connectMs }));
    },
    onClose: (reason) => notify(observer, 'onClose', () => ({ reason })),
  });
  const source = createSource(settings, opener, grace);
  const { maxPending } = settings;
  const lender = new Lender<Connection, ActiveLease>({
    name,
    source,
    ledger,
    clock,
    deadlines,
    maxConnections,
    maxPending,
    warmMs: warmFor(settings),
    lend: (connection, label, since) => new ActiveLease(engine, connection, label, since),
  });
  const { forceMs } = grace;
  const trustMs = settings.pool?.validateAfterIdleMs ?? Number.POSITIVE_INFINITY;
  const shared = new SharedLines(
    { lender, ledger, deadlines, clock },
    { lingerMs: warmFor(settings), trustMs, maxPending },
  );
  const engine: Engine = {
    name,
    server,
    ledger,
    slots,
    opener,
    source,
    lender,
    shared,
    deadlines,
    clock,
    observer,
    maxConnections,
    releaseTimeoutMs,
    forceMs,
    leakThresholdMs: settings.leakThresholdMs,
    nesting,
  };
  return engine;
}

export function closeGrace({ releaseTimeoutMs }: Settings): CloseGrace {
  return { releaseTimeoutMs, forceMs: Math.min(FORCE_MS, releaseTimeoutMs / 4) };
}

/** Not for longer than a connection may idle without being asked, and not where the oldest is to be lent first. */
function warmFor({ pool }: Settings): number {
  return pool?.order === 'lifo' ? Math.min(WARM_MS, pool.validateAfterIdleMs) : 0;
}

function createConnections(
  settings: Settings,
  { forceMs }: CloseGrace,
  { createDriver, random }: Environment,
): Driver<Connection> {
  const { url, redis, connect, name, pool } = settings;
  const lifetimeMs = () => (pool ? pool.maxLifetimeMs * (1 - random() / 10) : Number.POSITIVE_INFINITY);
  return createDriver({
    url,
    redis,
    connect,
    name,
    shortLived: pool === undefined,
    forceMs,
    epoch: redis.sentinels ? new Epoch() : undefined,
    lifetimeMs,
  });
}

function createSource(
  { pool, maxConnections }: Settings,
  opener: Opener<Connection>,
  grace: CloseGrace,
): Source<Connection> {
  if (!pool) return freshSource(opener, grace);
  const validate = (connection: Connection) => answersPing(connection, VALIDATE_MS);
  return new PoolSource({
    settings: pool,
    maxConnections,
    opener,
    grace,
    validate,
  });
}

/** REDIS_URL counts only where the options name no server, so its password never goes to another one. */
function readUrl({ url, redis, connect }: Settings): string | undefined {
  if (url !== undefined || connect || redis.host || redis.port || redis.path || redis.sentinels) return url;
  const fromEnvironment = process.env.REDIS_URL;
  if (fromEnvironment) return validUrl('REDIS_URL', fromEnvironment);
  throw new ConfigurationError('url', 'is not given and REDIS_URL is not set');
}

function longestDial({ acquireTimeoutMs, deadlineMs }: Settings): number {
  const bound = Math.min(acquireTimeoutMs, deadlineMs);
  return Number.isFinite(bound) ? bound : LONGEST_DIAL_MS;
}
