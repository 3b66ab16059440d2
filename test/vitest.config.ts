import { defineConfig } from 'vitest/config';

/** Runs on both supported majors: the same files, `ioredis` resolved to one or the other. */
const perMajor = ['contract', 'integration', 'fault', 'pitfalls', 'chaos'];
const once = ['unit', 'property', 'types', 'package'];
const globs = (folders: readonly string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);

const shared = {
  globalSetup: ['test/support/redis-server.global.ts'],
  testTimeout: 30_000,
  hookTimeout: 60_000,
  pool: 'forks' as const,
};

/** The entry of any other ioredis; the matrix sets it. */
const otherIoredis = process.env.WITH_REDIS_TEST_IOREDIS;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'ioredis6',
          include: [...globs(perMajor), ...globs(once)],
        },
      },
      {
        resolve: { alias: { ioredis: 'ioredis-5' } },
        test: { ...shared, name: 'ioredis5', include: globs(perMajor) },
      },
      ...(otherIoredis === undefined
        ? []
        : [
            {
              resolve: { alias: { ioredis: otherIoredis } },
              test: { ...shared, name: 'other-ioredis', include: globs(perMajor) },
            },
          ]),
    ],
  },
});
