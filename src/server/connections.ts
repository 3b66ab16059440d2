import type { RedisOptions } from 'ioredis';
import { PoolSource } from '../adapters/generic-pool.js';
import { answersPing } from '../adapters/liveness.js';
import { type Server, serverOf } from '../connection/address.js';
import type { Command } from '../connection/client.js';
import { type Connection, silenceMs } from '../connection/connection.js';
import { Generation } from '../connection/generation.js';
import { outsideOfScopes } from '../core/around.js';
import { type Clock, UNLIMITED } from '../core/clock.js';
import type { Helper } from '../lease/context.js';
import { traceDial } from '../observe/channels.js';
import { notify } from '../observe/events.js';
import type { Settings } from '../options/settings.js';
import { targetFromEnvironment } from '../options/target.js';
import type { Ledger } from '../pool/ledger.js';
import { boundOfDial, type Driver, Opener } from '../pool/opener.js';
import type { Permits } from '../pool/permits.js';
import { freshSource, type Source } from '../pool/source.js';
import type { Claim } from '../pool/waiters.js';
import type { Environment } from './environment.js';

/** Long enough for a healthy server on the same continent to close its side. */
const FORCE_MS = 100;

/** Where the connections of one server come from, and go back to. */
export interface Connections {
  /** Where they go, if the options say so. */
  readonly server: Server | undefined;
  readonly opener: Opener<Connection>;
  readonly source: Source<Connection>;
}

interface Surroundings {
  readonly ledger: Ledger;
  readonly permits: Permits;
  /** How long a dial may take for those who wait now. */
  readonly waitMs: () => number;
}

export function createConnections(
  settings: Settings,
  environment: Environment,
  { ledger, permits, waitMs }: Surroundings,
): Connections {
  const { name, observer } = settings;
  const target = settings.connect ? undefined : (settings.target ?? targetFromEnvironment(settings.redis));
  const server = serverOf(target);
  const atLeastMs = boundOfDial(Math.min(settings.acquireTimeoutMs, settings.deadlineMs));
  // A call may say more than the instance.
  const dialTimeoutMs = () => Math.max(atLeastMs, waitMs());
  const { clock } = environment;
  const driver = createDriver(settings, target, dialTimeoutMs, environment);
  const opener: Opener<Connection> = new Opener({
    driver: {
      // Whoever happens to wait for it: its events come in the context of its dial.
      dial: () => outsideOfScopes(() => traceDial(driver.dial(), { name, server }, clock)),
      close: (connection, graceMs) => driver.close(connection, graceMs),
    },
    permits,
    ledger,
    clock,
    dialTimeoutMs,
    onOpen: (connection, connectMs) => {
      connection.onIdleLost = () => void opener.close(connection, 'lost');
      notify(observer, 'onConnect', () => ({ connectMs }));
    },
    onClose: (reason) => notify(observer, 'onClose', () => ({ reason })),
  });
  return { server, opener, source: createSource(settings, opener, clock) };
}

/** How long a connection that must go at once may take, in ms. */
export function forceMsOf({ releaseTimeoutMs }: Settings): number {
  return Math.min(FORCE_MS, releaseTimeoutMs / 4);
}

/** A connection for a word to the server, which nobody is lent. */
export async function openAside({ opener }: Connections, claim: Claim): Promise<Helper> {
  const take = opener.open(false);
  claim.phase = { name: 'connect', stop: () => take.cancel() };
  const connection = await take.promise;
  const release = () => opener.closeAside(connection);
  const send = (command: Command) => connection.client.sendCommand(command);
  return { send, silent: true, release };
}

function createDriver(
  settings: Settings,
  target: RedisOptions | undefined,
  dialTimeoutMs: () => number,
  environment: Environment,
): Driver<Connection> {
  const { connect, name, pool } = settings;
  const { random, clock } = environment;
  return environment.createDriver({
    target: target ?? {},
    connect,
    clock,
    name,
    shortLived: pool === undefined,
    forceMs: forceMsOf(settings),
    dialTimeoutMs,
    generation: new Generation(clock),
    lifetimeMs: () => (pool ? pool.maxLifetimeMs * (1 - random() / 10) : UNLIMITED),
  });
}

function createSource(
  { pool, maxConnections, acquireTimeoutMs, releaseTimeoutMs }: Settings,
  opener: Opener<Connection>,
  clock: Clock,
): Source<Connection> {
  if (!pool) return freshSource(opener, releaseTimeoutMs);
  const longest = acquireTimeoutMs / 2;
  const validate = (connection: Connection) =>
    answersPing(connection, Math.min(longest, silenceMs(connection)), clock);
  return new PoolSource({ settings: pool, maxConnections, opener, validate, clock });
}
