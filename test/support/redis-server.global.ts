import type { TestProject } from 'vitest/node';
import { startRedisServer } from './redis-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string;
    redisPort: number;
  }
}

/** Runs once per vitest project: ioredis 5 and 6 run at the same time and never count each other's connections. */
export default async function startForProject(project: TestProject): Promise<() => Promise<void>> {
  const server = await startRedisServer();
  project.provide('redisUrl', server.url);
  project.provide('redisPort', server.port);
  return () => server.stop();
}
