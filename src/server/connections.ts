import { PoolSource } from '../adapters/generic-pool.js';
import { answersPing } from '../adapters/liveness.js';
import { type Server, serverOf } from '../connection/address.js';
import type { Connection } from '../connection/connection.js';
import { Generation } from '../connection/generation.js';
import { ConfigurationError } from '../core/errors.js';
import { traceDials } from '../observe/channels.js';
import { notify } from '../observe/events.js';
import type { Settings } from '../options/settings.js';
import { url as validUrl } from '../options/validation.js';
import type { Ledger } from '../pool/ledger.js';
import { type Driver, Opener } from '../pool/opener.js';
import type { Permits } from '../pool/permits.js';
import { type CloseGrace, freshSource, type Source } from '../pool/source.js';
import type { Environment } from './environment.js';

/** A connection that idles was validated in this time or is given up. */
const VALIDATE_MS = 250;
/** Long enough for a healthy server on the same continent to close its side. */
const FORCE_MS = 100;
/** Bound of a dial where neither a wait nor a call has one. */
const LONGEST_DIAL_MS = 10_000;

/** Where the connections of one server come from, and go back to. */
export interface Connections {
  /** Where they go, if the options say so. */
  readonly server: Server | undefined;
  readonly opener: Opener<Connection>;
  readonly source: Source<Connection>;
  readonly grace: CloseGrace;
}

/** @param outside Runs a dial outside of any scope that happens to wait for it. */
export function createConnections(
  settings: Settings,
  environment: Environment,
  { ledger, permits }: { readonly ledger: Ledger; readonly permits: Permits },
  outside: (driver: Driver<Connection>) => Driver<Connection>,
): Connections {
  const { name, observer } = settings;
  const target = { ...settings, url: readUrl(settings) };
  const server = serverOf(target);
  const grace = closeGrace(settings);
  const driver = traceDials(createDriver(target, grace, environment), name, server);
  const opener: Opener<Connection> = new Opener({
    driver: outside(driver),
    permits,
    ledger,
    clock: environment.clock,
    dialTimeoutMs: longestDial(settings),
    onOpen: (connection, connectMs) => {
      connection.onIdleLost = () => void opener.close(connection, 'lost', grace.forceMs);
      notify(observer, 'onConnect', () => ({ connectMs }));
    },
    onClose: (reason) => notify(observer, 'onClose', () => ({ reason })),
  });
  return { server, opener, source: createSource(settings, opener, grace), grace };
}

export function closeGrace({ releaseTimeoutMs }: Settings): CloseGrace {
  return { releaseTimeoutMs, forceMs: Math.min(FORCE_MS, releaseTimeoutMs / 4) };
}

function createDriver(
  { url, redis, connect, name, pool }: Settings,
  { forceMs }: CloseGrace,
  environment: Environment,
): Driver<Connection> {
  const { random } = environment;
  return environment.createDriver({
    url,
    redis,
    connect,
    name,
    shortLived: pool === undefined,
    forceMs,
    generation: redis.sentinels ? new Generation() : undefined,
    lifetimeMs: () => (pool ? pool.maxLifetimeMs * (1 - random() / 10) : Number.POSITIVE_INFINITY),
  });
}

function createSource(
  { pool, maxConnections }: Settings,
  opener: Opener<Connection>,
  grace: CloseGrace,
): Source<Connection> {
  if (!pool) return freshSource(opener, grace);
  const validate = (connection: Connection) => answersPing(connection, VALIDATE_MS);
  return new PoolSource({ settings: pool, maxConnections, opener, grace, validate });
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
