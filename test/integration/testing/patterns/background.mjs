import { EventEmitter, once } from 'node:events';
import { Redis } from 'ioredis';

const url = process.env.REDIS_URL;
const jobs = new EventEmitter();
jobs.setMaxListeners(0);

/** Begins with the first call, in nobody's name. */
function startInterval() {
  setInterval(() => {
    const redis = new Redis(url);
    redis.on('error', () => undefined);
  }, 20);
}
if (process.env.BACKGROUND === 'interval') startInterval();

export async function closesBesideLeakingJob() {
  const redis = new Redis(url);
  try {
    return await redis.get('price');
  } finally {
    redis.disconnect();
  }
}

export async function leaksBesideLeakingJob() {
  const redis = new Redis(url); // opened here
  return redis.get('price');
}

const waiting = [];
async function consume() {
  for (;;) {
    const job = waiting.shift();
    if (!job) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const redis = new Redis(url); // opened here
    await redis.get('price');
    jobs.emit(`done:${job}`);
  }
}
if (process.env.BACKGROUND === 'consumer') consume();

let last = 0;
/** What dials was begun when the file was loaded, and does so once for each call. */
export async function queuesJob() {
  last += 1;
  waiting.push(last);
  await once(jobs, `done:${last}`);
}

jobs.on('mail', () => {
  const redis = new Redis(url); // opened here
  redis.on('error', () => undefined);
});

export async function emits() {
  jobs.emit('mail');
}
