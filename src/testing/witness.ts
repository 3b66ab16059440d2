import { createWithRedis, type Lease } from '../index.js';
import { type ClientRow, hostOf, parseClientList, portOf, readMaxClients } from './client-list.js';
import { addressOf } from './dials.js';

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
  /** How many connections the server has accepted since it started; `undefined` where it does not tell. */
  accepted(): Promise<number | undefined>;
  /** All clients of the server but this one; `undefined` once the server does not tell any more. */
  clients(): Promise<readonly ClientRow[] | undefined>;
  close(): Promise<void>;
}

/** @throws {ConnectError} The server cannot be reached. */
export async function callWitness(
  url: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Witness> {
  const instance = createWithRedis({ name: 'with-redis-leakcheck', ...(url !== undefined && { url }) });
  try {
    return await testify(await instance.acquire({ signal }), () => instance.close());
  } catch (error) {
    await instance.close({ deadlineMs: 1 });
    throw error;
  }
}

async function testify(lease: Lease, close: () => Promise<unknown>): Promise<Witness> {
  const { redis } = lease;
  const { localPort, remoteAddress, remotePort } = redis.stream as Partial<typeof redis.stream>;
  const id = Number(await redis.client('ID').catch(() => -1));
  const list = async () => parseClientList(String(await redis.client('LIST')));
  const rows = await list();
  const own = rows.find((row) => row.id === id);
  const host = own ? hostOf(own.addr) : '';
  return {
    socket: redis.stream,
    room: await readRoom(lease, rows.length),
    remote: remotePort === undefined ? host : addressOf(remoteAddress, remotePort),
    host,
    seesPorts: own !== undefined && portOf(own.addr) === localPort,
    accepted: () =>
      redis.info('stats').then(
        (info) => Number(/^total_connections_received:(\d+)/m.exec(String(info))?.[1]),
        () => undefined,
      ),
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

async function readRoom({ redis }: Lease, connected: number): Promise<number> {
  const limit = await readMaxClients(redis);
  return limit === null ? Number.POSITIVE_INFINITY : limit - connected;
}
