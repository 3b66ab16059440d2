import { createWithRedis } from 'with-redis';

export const cache = createWithRedis({ pool: true, maxConnections: 10 });

export function getPrice() {
  return cache((redis) => redis.get('price'));
}
