import { defineConfig } from 'vitest/config';

/** Runs on both supported majors: the same files, `ioredis` resolved to one or the other. */
const perMajor = ['contract', 'integration', 'fault', 'pitfalls', 'chaos', 'simulation'];
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
    // One more than the cores: many wait for servers that fail over, or for a limit to pass.
    maxWorkers: 3,
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
      {
        // The contract once more, against a cluster.
        test: {
          ...shared,
          name: 'cluster',
          include: [
            ...globs(['contract', 'integration/process', 'fault']),
            'test/integration/libraries.test.ts',
          ],
          // Clients of a factory know nothing of clusters; what nests and what is traced is told of one server.
          exclude: ['factory', 'nested', 'nested-reuse', 'channels'].map(
            (name) => `test/contract/${name}.test.ts`,
          ),
          env: { WITH_REDIS_TEST_BACKEND: 'cluster' },
        },
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
