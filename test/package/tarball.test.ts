import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ConsumerProject, createConsumerProject } from '../support/consumer-project.js';
import { type PackedPackage, packPackage } from '../support/packed-package.js';
import { startTlsServer } from '../support/tls-server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

const versionOf = (name: string): string => manifest.devDependencies[name].replace(/^.*@/, '');
const oldest = /\d+\.\d+\.\d+/.exec(manifest.peerDependencies.ioredis)?.[0];
/** And what each is compiled under besides plain JavaScript; together every pair that could differ. */
const projects = [
  {
    version: versionOf('ioredis'),
    other: versionOf('ioredis-5'),
    resolutions: ['node16', 'nodenext', 'bundler'],
  },
  { version: versionOf('ioredis-5'), other: versionOf('ioredis'), resolutions: ['nodenext', 'bundler'] },
  { version: oldest, other: versionOf('ioredis-5'), resolutions: ['node16'] },
];

const done = { status: 0, stdout: 'done\n', stderr: '' };

describe('the tarball', () => {
  let packed: PackedPackage;
  let packedManifest: typeof manifest;

  beforeAll(async () => {
    packed = await packPackage();
    packedManifest = JSON.parse(await readFile(join(packed.folder, 'package.json'), 'utf8'));
  });

  test('holds what a user needs and nothing else', () => {
    const filesIn = (folder: string) => packed.files.filter((file) => file.startsWith(folder));
    const [built, sources] = [filesIn('dist/'), filesIn('src/')];
    const documents = packed.files.filter((file) => !file.includes('/'));
    expect(documents).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(built.filter((file) => !/^dist\/[\w/-]+\.(js|cjs|d\.ts|d\.cts)(\.map)?$/.test(file))).toEqual([]);
    // What the maps lead to, and the guides.
    expect(sources.filter((file) => !/^src\/[\w/-]+\.(ts|md)$/.test(file))).toEqual([]);
    expect(documents.length + built.length + sources.length).toBe(packed.files.length);
  });

  test('holds every file that package.json points at', () => {
    const { main, module, types, exports, bin } = packedManifest;
    const targets =
      JSON.stringify({ main, module, types, exports, bin }).match(/(?<=":")(\.\/)?dist[^"]+/g) ?? [];
    expect(targets.length).toBeGreaterThan(9);
    expect(targets.filter((target) => !packed.files.includes(target.replace('./', '')))).toEqual([]);
  });

  test('runs nothing when it is installed', () => {
    const lifecycle = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
    expect(Object.keys(packedManifest.scripts).filter((name) => lifecycle.includes(name))).toEqual([]);
    expect(packed.files).not.toContain('binding.gyp');
  });

  test('has no side effects, one dependency, and no peer that must be there but ioredis', () => {
    expect(packedManifest).toMatchObject({ sideEffects: false, type: 'module' });
    expect(Object.keys(packedManifest.dependencies)).toEqual(['generic-pool']);
    const { peerDependencies, peerDependenciesMeta } = packedManifest;
    const needed = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    expect(needed).toEqual(['ioredis']);
  });
});

describe.each(projects)('in a project with ioredis $version', ({ version, other, resolutions }) => {
  let project: ConsumerProject;
  const env = { REDIS_URL: inject('redisUrl') };
  const node = (...args: string[]) => project.node(args, env);

  beforeAll(async () => {
    project = await createConsumerProject([
      `ioredis@${version}`,
      `other-ioredis@npm:ioredis@${other}`,
      `@types/node@${versionOf('@types/node')}`,
    ]);
  });

  afterAll(() => project?.remove());

  test('works imported', async () => {
    expect(await node('esm.mjs')).toEqual(done);
  });

  test('works required', async () => {
    expect(await node('cjs.cjs')).toEqual(done);
  });

  test('knows its errors across the ESM and the CommonJS copy', async () => {
    expect(await node('both.mjs')).toEqual(done);
  });

  test('works beside another copy of ioredis', async () => {
    expect(await node('two-copies.mjs')).toEqual(done);
  });

  test('passes the checks that every runtime must', async () => {
    const secure = await startTlsServer();
    const tls = { REDIS_TLS_URL: secure.url, REDIS_TLS_CA: secure.certificate.cert };
    const { status, stdout } = await project.node(['everywhere.mjs'], { ...env, ...tls });
    await secure.stop();
    expect(stdout.split('\n').filter((line) => !line.startsWith('ok '))).toEqual(['done', '']);
    expect(status).toBe(0);
  });

  test('loads its dependencies with the root, and none of the subpaths', async () => {
    const imported = (...names: string[]) => node('--import', './trace.mjs', 'loaded.mjs', ...names);
    const required = (...names: string[]) => node('loaded.cjs', ...names);
    for (const load of [imported, required]) {
      const { stdout: one } = await load('with-redis');
      expect(one).toMatch(/with-redis\/dist\/index\.c?js/);
      expect(one).toMatch(/node_modules\/generic-pool\//);
      expect(one).not.toMatch(/dist\/(dashboard|testing|eslint|cli)/);
      const { stdout: all } = await load('with-redis', 'with-redis/dashboard');
      expect(all).toMatch(/dist\/dashboard\/index\.c?js/);
    }
  });

  const bundled = 'bundler';

  test.each(resolutions.filter((resolution) => resolution !== bundled))(
    'compiles under %s resolution and runs, as ESM and CommonJS',
    async (resolution) => {
      const outDir = `out-${resolution}`;
      await project.copy('typed.ts', 'typed-esm.mts');
      await project.copy('typed.ts', 'typed-cjs.cts');
      const options = { module: resolution, moduleResolution: resolution, outDir };
      await compile(['typed-esm.mts', 'typed-cjs.cts'], options);
      expect(await node(`${outDir}/typed-esm.mjs`)).toEqual(done);
      expect(await node(`${outDir}/typed-cjs.cjs`)).toEqual(done);
    },
    120_000,
  );

  if (resolutions.includes(bundled)) {
    test('compiles under bundler resolution and runs, in one file with all that it needs', async () => {
      await compile(['typed.ts'], { module: 'esnext', moduleResolution: bundled, outDir: 'out-bundler' });
      const entryPoints = [join(project.folder, 'out-bundler/typed.js')];
      const outfile = join(project.folder, 'bundle.cjs');
      await build({
        entryPoints,
        outfile,
        bundle: true,
        platform: 'node',
        format: 'cjs',
        logLevel: 'silent',
      });
      await project.uninstall();
      expect(await node('bundle.cjs')).toEqual(done);
    });
  }

  /** With the declarations of this package checked too: no `skipLibCheck`. */
  async function compile(files: readonly string[], options: object): Promise<void> {
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const compilerOptions = { ...strict, target: 'es2022', lib: ['es2022'], types: ['node'], ...options };
    await project.write('tsconfig.json', { compilerOptions, files });
    expect(await node(tsc, '-p', '.')).toEqual({ status: 0, stdout: '', stderr: '' });
  }
});
