import type { RedisOptions } from 'ioredis';
import { Batch } from '../connection/batch.js';
import type { Client } from '../connection/client.js';
import { Connection } from '../connection/connection.js';
import type { Generation } from '../connection/generation.js';
import { otherOptions } from '../connection/lent-options.js';
import { type Clock, within } from '../core/clock.js';
import { lookInto } from '../core/error-base.js';
import type { ConnectError } from '../core/errors.js';
import { noop } from '../core/outcome.js';
import { snapshot } from '../core/snapshot.js';
import { pauseMs } from '../pool/opener.js';
import { adopt, closeUnwanted, databaseOf } from './adoption.js';
import { closeClient } from './close-client.js';
import { explain } from './connect-failure.js';
import { Connector as OurConnector } from './connector.js';
import type { DialAttempt } from './dial-attempt.js';
import {
  becomesReady,
  type Greeting,
  type Identity,
  introduce,
  isLoading,
  takeIdentity,
} from './handshake.js';
import { createClient, knowsProtocols, senderOf, type Template, templateOf } from './ioredis.js';

export type ConnectFactory = () => unknown;

export interface DriverSettings {
  /** What is dialled; of no account where there is a factory. */
  readonly target: RedisOptions;
  readonly connect: ConnectFactory | undefined;
  readonly name: string;
  readonly clock: Clock;
  /** A connection is for one scope. */
  readonly shortLived: boolean;
  /** Including jitter; `Infinity` where connections are not kept. */
  readonly lifetimeMs: () => number;
  /** Bound of a dial that begins now. */
  readonly dialTimeoutMs: () => number;
  readonly forceMs: number;
  readonly generation: Generation;
  /** Asked in the handshake of every connection. */
  readonly greet?: Greeting;
}

/** Holds a ready connection when it resolves, and nothing at all when it rejects. */
export async function open(
  settings: DriverSettings,
  attempt: DialAttempt,
  interruption: Promise<never>,
): Promise<Connection> {
  // The first pause counts: one that loads is no bad luck.
  for (let inVain = 2; ; inVain += 1) {
    try {
      return await openOnce(settings, attempt, interruption);
    } catch (error) {
      // The rest of the handshake waits by itself; at HELLO, which is ioredis's own, the connection is given up.
      if (!isLoading(lookInto(() => (error as ConnectError).cause, undefined))) throw error;
      attempt.failure = undefined;
      attempt.delay = (error as ConnectError).cause as Error;
      await within(settings.clock, pauseMs(inVain), interruption as Promise<void>, noop);
    }
  }
}

async function openOnce(
  settings: DriverSettings,
  attempt: DialAttempt,
  interruption: Promise<never>,
): Promise<Connection> {
  const { clock, generation, forceMs } = settings;
  // Where the address leads may change while it is dialled.
  const bornIn = generation.current;
  try {
    const identity = await create(settings, attempt, interruption);
    const client = attempt.client as Client;
    const roundTripMs = await Promise.race([introduceWhenReady(attempt, identity, settings), interruption]);
    const options = handleOptions(client, settings);
    return new Connection({
      client,
      send: senderOf(client),
      homeDb: identity?.db ?? databaseOf(client),
      maxLifetimeMs: settings.lifetimeMs(),
      options,
      otherOptions: otherOptions(options),
      clock,
      generation,
      bornIn,
      incoming: attempt.incoming,
      roundTripMs,
    });
  } catch (error) {
    if (attempt.client) await closeClient(attempt.client, forceMs, clock);
    throw explain(error, attempt);
  }
}

async function create(
  settings: DriverSettings,
  attempt: DialAttempt,
  interruption: Promise<never>,
): Promise<Identity | undefined> {
  const { connect, forceMs, clock } = settings;
  if (!connect) {
    const client = createClient({ ...templateFor(settings), ...attempt.place });
    attempt.follow(client);
    return takeIdentity(client, settings, negotiatesProtocol(client));
  }
  const made = Promise.resolve(connect());
  try {
    attempt.follow(adopt(await Promise.race([made, interruption])));
    return undefined;
  } catch (error) {
    // One that is refused, or comes too late, is nobody's: it is closed as soon as it is there.
    made.then((client) => closeUnwanted(client, forceMs, clock)).catch(noop);
    throw error;
  }
}

/**
 * What a borrower sees as options. Batches are written by the connection itself, so ioredis's auto-pipelining, which would
 * outlive the scope, is off; how we dial and close is none of theirs. What is nested is read-only: others are shown it too.
 */
function handleOptions(client: Client, settings: DriverSettings): object {
  if (settings.connect) return { ...snapshot(client.options), enableAutoPipelining: false };
  const { Connector, disconnectTimeout: _ours, ...options } = templateFor(settings);
  const isTheirs = Connector !== null && (Connector as unknown) !== OurConnector;
  const { sentinels } = settings.target;
  return { ...options, ...(isTheirs && { Connector }), ...(sentinels && { sentinels }) };
}

/** Options are read once, by a client that is never connected; all others are made like it. */
const templates = new WeakMap<DriverSettings, Template>();

function templateFor(settings: DriverSettings): Template {
  let template = templates.get(settings);
  if (!template) {
    const { sentinels, tls, ...target } = settings.target;
    // As ioredis has it: behind sentinels `tls` counts where that is said.
    const isTls = tls !== undefined && (!sentinels || target.enableTLSForSentinelMode === true);
    template = templateOf({ ...target, ...(isTls && { tls }) }, settings.shortLived);
    templates.set(settings, template);
  }
  return template;
}

function negotiatesProtocol({ options }: Client): boolean {
  return knowsProtocols && (options as { protocol?: number }).protocol === 3;
}

/** Resolves to the time that the handshake took. */
async function introduceWhenReady(
  attempt: DialAttempt,
  identity: Identity | undefined,
  { clock, greet }: DriverSettings,
): Promise<number> {
  const client = attempt.client as Client;
  if (client.status === 'wait') await client.connect();
  else if (client.status !== 'ready') await becomesReady(client);
  const startedAt = clock.now();
  // What is sent in one turn leaves in one write.
  await introduce(client, identity, clock, senderOf(client, new Batch(client)), attempt, greet);
  return clock.now() - startedAt;
}
