import Bull from 'bull';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';

const url = process.env.REDIS_URL;
const { hostname: host, port } = new URL(url);
const connection = { host, port: Number(port), maxRetriesPerRequest: null };

export async function bullPerCall() {
  const queue = new Bull('mail', url); // opened here
  await queue.add({}, { removeOnComplete: true });
}

export async function bullClosed() {
  const queue = new Bull('mail', url);
  await queue.add({}, { removeOnComplete: true });
  await queue.close();
}

/** Clients of a factory are the caller's: the queue's `close` leaves them. */
export async function bullOnClientsOfFactory() {
  const createClient = (_type, options) => new Redis(url, { ...options, maxRetriesPerRequest: null }); // opened here
  const queue = new Bull('mail', { createClient });
  await queue.add({}, { removeOnComplete: true });
  await queue.close();
}

export async function queuePerCall() {
  const queue = new Queue('mail', { connection }); // opened here
  await queue.add('send', {}, { removeOnComplete: true });
}

export async function queueClosed() {
  const queue = new Queue('mail', { connection });
  await queue.add('send', {}, { removeOnComplete: true });
  await queue.close();
}

export async function queueOnClientOfOthers() {
  const redis = new Redis(url, { maxRetriesPerRequest: null }); // opened here
  const queue = new Queue('mail', { connection: redis });
  await queue.add('send', {}, { removeOnComplete: true });
  await queue.close();
}

export async function workerClosed() {
  const worker = new Worker('mail', async () => undefined, { connection });
  worker.on('error', () => undefined);
  await worker.waitUntilReady();
  await worker.close();
}

export async function workerPerCall() {
  const worker = new Worker('idle', async () => undefined, { connection }); // opened here
  worker.on('error', () => undefined);
  await worker.waitUntilReady();
}

export async function eventsPerCall() {
  const events = new QueueEvents('mail', { connection }); // opened here
  await events.waitUntilReady();
}

let shared;
export async function sharesQueue() {
  shared ??= new Queue('mail', { connection });
  await shared.add('send', {}, { removeOnComplete: true });
}
