import { parentPort } from 'node:worker_threads';
import { Redis } from 'ioredis';

const redis = new Redis(process.env.REDIS_URL);
await redis.ping();
if (parentPort) parentPort.postMessage('ready');
else process.send('ready');
// Who has started it ends before it does.
process.once('disconnect', () => process.exit());
