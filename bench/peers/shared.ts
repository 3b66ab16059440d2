import { createClient } from 'redis';
import { pipelinedIoredis, plainIoredis, plainNodeRedis } from '../subjects.js';
import type { Maker } from './contenders.js';
import { closeClient, openClient } from './ioredis-clients.js';

function sharedIoredis(name: string, autoPipelining = false): Maker {
  return async (bench) => {
    const redis = await openClient(bench, autoPipelining);
    return { name, run: () => redis.get(bench.key), close: () => closeClient(redis) };
  };
}

export const oneIoredis = sharedIoredis(plainIoredis);
export const onePipelinedIoredis = sharedIoredis(pipelinedIoredis, true);

export const oneNodeRedis: Maker = async ({ url, tls, key }) => {
  const client = await createClient({ url, ...(tls && { socket: { ...tls.tls, tls: true } }) }).connect();
  return {
    name: plainNodeRedis,
    run: () => client.get(key),
    close: () => client.close(),
  };
};
