import { createWithRedis, type Lease } from '../index.js';
import { parseClientList, portOf, readMaxClients } from './client-list.js';

/** A connection of the check's own, opened before anything is counted. */
export interface Witness {
  /** Clients that the server still has room for. */
  readonly room: number;
  /** Ports of the clients that the server knows. */
  ports(): Promise<Set<number>>;
  close(): Promise<void>;
}

/** @throws {ConnectError} The server cannot be reached. */
export async function callWitness(
  url: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Witness> {
  const instance = createWithRedis({ name: 'with-redis-leakcheck', ...(url !== undefined && { url }) });
  try {
    const lease = await instance.acquire({ signal });
    return {
      room: await readRoom(lease),
      ports: async () => {
        const rows = parseClientList(String(await lease.redis.client('LIST')));
        return new Set(rows.map(({ addr }) => portOf(addr)));
      },
      async close() {
        await lease.destroy();
        await instance.close();
      },
    };
  } catch (error) {
    await instance.close({ deadlineMs: 1 });
    throw error;
  }
}

async function readRoom({ redis }: Lease): Promise<number> {
  const limit = await readMaxClients(redis);
  if (limit === null) return Number.POSITIVE_INFINITY;
  return limit - parseClientList(String(await redis.client('LIST'))).length;
}
