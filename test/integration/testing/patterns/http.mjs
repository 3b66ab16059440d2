import http from 'node:http';
import { Redis } from 'ioredis';

const url = process.env.REDIS_URL;

async function leakingHandler(request, response) {
  const redis = new Redis(url); // opened here
  const value = await redis.get(request.url);
  response.end(String(value));
}

async function closingHandler(request, response) {
  const redis = new Redis(url);
  const value = await redis.get(request.url);
  redis.disconnect();
  response.end(String(value));
}

async function lateHandler(request, response) {
  const redis = new Redis(url);
  response.end(String(await redis.get(request.url)));
  setTimeout(() => redis.disconnect(), 300);
}

function plainHandler(_request, response) {
  response.end('ok');
}

const servers = new Map();
async function addressOf(handler) {
  if (!servers.has(handler)) {
    const server = http.createServer(handler);
    servers.set(handler, new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server))));
  }
  return `http://127.0.0.1:${(await servers.get(handler)).address().port}/price`;
}
await Promise.all([leakingHandler, closingHandler, lateHandler, plainHandler].map(addressOf));

export async function asksLeakingServer() {
  return (await fetch(await addressOf(leakingHandler))).text();
}

export async function asksClosingServer() {
  return (await fetch(await addressOf(closingHandler))).text();
}

export async function asksLateServer() {
  return (await fetch(await addressOf(lateHandler))).text();
}

export async function throwsAfterDial() {
  try {
    handlerThatThrows({ headers: {} });
  } catch {
    return { status: 500 };
  }
}

function handlerThatThrows(request) {
  const redis = new Redis(url); // opened here
  redis.on('error', () => undefined);
  return redis.get(request.session.id);
}

export async function handlerWithoutRequest(request) {
  const key = request.url;
  const redis = new Redis(url);
  return redis.get(key);
}

let shared;
export async function fetchesAndShares() {
  shared ??= new Redis(url);
  await (await fetch(await addressOf(plainHandler))).text();
  return shared.get('price');
}

export async function fetchesAndLeaks() {
  const redis = new Redis(url); // opened here
  await (await fetch(await addressOf(plainHandler))).text();
  return redis.get('price');
}

/** No Redis: an agent for each call keeps its connection, until the server is tired of it. */
export async function hasAgentPerCall() {
  shared ??= new Redis(url);
  await shared.get('price');
  const agent = new http.Agent({ keepAlive: true });
  const target = await addressOf(plainHandler);
  await new Promise((resolve, reject) => {
    const request = http.get(target, { agent }, (response) => response.resume().once('end', resolve)); // opened here
    request.once('error', reject);
  });
}
