import { ConnectError, createWithRedis, type Lease } from '../index.js';
import { type ClientRow, hostOf, parseClientList, portOf, readMaxClients } from './client-list.js';
import { addressOf } from './dials.js';
import { createHalt, HaltedError } from './halt.js';
import type { LeakCheckSettings } from './options.js';

/** A connection of the check's own, opened before anything is counted. */
export interface Witness {
  /** Its own. */
  readonly socket: unknown;
  /** Clients that the server still has room for. */
  readonly room: number;
  /** Where the server is, as this process sees it. */
  readonly remote: string;
  /** Where this process is, as the server sees it. */
  readonly host: string;
  /** Whether the server sees our ports as they are: not through a proxy, an address translation or a unix socket. */
  readonly seesPorts: boolean;
  /** What it said before anything was watched. */
  readonly before: { readonly clients: readonly ClientRow[]; readonly accepted: number | undefined };
  /** How many connections the server has accepted since it started; `undefined` where it does not tell. */
  accepted(): Promise<number | undefined>;
  /** All clients of the server but this one; `undefined` once the server does not tell any more. */
  clients(): Promise<readonly ClientRow[] | undefined>;
  close(): Promise<void>;
}

/** A server that has not said all by then hangs. */
const FIRST_WORDS_MS = 5_000;

type Limits = Pick<LeakCheckSettings, 'url' | 'signal' | 'deadlineMs'>;

/**
 * @throws {ConnectError} The server cannot be reached, or does not answer.
 * @throws `signal.reason`, by identity, where `signal` aborts meanwhile.
 */
export async function callWitness({ url, signal, deadlineMs }: Limits): Promise<Witness> {
  const acquireTimeoutMs = Math.min(FIRST_WORDS_MS, deadlineMs);
  const instance = createWithRedis({
    name: 'with-redis-leakcheck',
    acquireTimeoutMs,
    ...(url !== undefined && { url }),
  });
  try {
    const lease = await instance.acquire({ signal });
    return await bounded(
      testify(lease, () => instance.close()),
      remoteOf(lease),
      signal,
      acquireTimeoutMs,
    );
  } catch (error) {
    await instance.close({ deadlineMs: 1 });
    throw error;
  }
}

async function bounded<T>(
  words: Promise<T>,
  remote: string,
  signal: AbortSignal | undefined,
  limitMs: number,
): Promise<T> {
  const halt = createHalt(signal, limitMs);
  try {
    return await halt.race(words);
  } catch (error) {
    if (!(error instanceof HaltedError)) throw error;
    signal?.throwIfAborted();
    const cause = new Error(`it accepted the connection, and did not answer within ${limitMs} ms`);
    throw new ConnectError(remote, false, { cause });
  } finally {
    halt.callOff();
  }
}

function remoteOf({ redis }: Lease): string {
  const { remoteAddress, remotePort } = redis.stream as Partial<typeof redis.stream>;
  return remotePort === undefined ? (redis.options.path ?? '') : addressOf(remoteAddress, remotePort);
}

async function testify(lease: Lease, close: () => Promise<unknown>): Promise<Witness> {
  const { redis } = lease;
  const { localPort } = redis.stream as Partial<typeof redis.stream>;
  const id = Number(await redis.client('ID').catch(() => -1));
  const list = async () => parseClientList(String(await redis.client('LIST')));
  const accepted = () =>
    redis.info('stats').then(
      (info) => Number(/^total_connections_received:(\d+)/m.exec(String(info))?.[1]),
      () => undefined,
    );
  const [limit, acceptedBefore] = [await readMaxClients(redis), await accepted()];
  const rows = await list();
  const own = rows.find((row) => row.id === id);
  const host = own ? hostOf(own.addr) : '';
  return {
    socket: redis.stream,
    room: limit === null ? Number.POSITIVE_INFINITY : limit - rows.length,
    remote: remoteOf(lease) || host,
    host,
    seesPorts: own !== undefined && portOf(own.addr) === localPort,
    before: { clients: rows.filter((row) => row !== own), accepted: acceptedBefore },
    accepted,
    clients: () =>
      list().then(
        (all) => all.filter((row) => row.id !== id),
        () => undefined,
      ),
    async close() {
      await lease.destroy();
      await close();
    },
  };
}
