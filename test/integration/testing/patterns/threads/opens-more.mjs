import { parentPort } from 'node:worker_threads';
import { Redis } from 'ioredis';

parentPort.on('message', async () => {
  const redis = new Redis(process.env.REDIS_URL);
  await redis.ping();
  parentPort.postMessage('done');
});
