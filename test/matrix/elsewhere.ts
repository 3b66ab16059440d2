import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packPackage } from '../support/packed-package.js';
import type { TlsServer } from '../support/tls-server.js';
import type { Place } from './place.js';
import { run, type Verdict } from './suites.js';

const checks = fileURLToPath(new URL('../package/consumer/everywhere.mjs', import.meta.url));

/** The checks that every runtime, package manager and bundle must pass, in a new project there. */
export async function runChecks(place: Place, ioredis: string, tls: TlsServer): Promise<Verdict> {
  const { tarball } = await packPackage();
  const folder = await mkdtemp(join(tmpdir(), 'with-redis-elsewhere-'));
  try {
    await cp(checks, join(folder, 'everywhere.mjs'));
    await writeFile(join(folder, 'package.json'), '{"name":"elsewhere","private":true}');
    await place.prepare(folder, tarball, ioredis);
    const [program = '', ...args] = place.command(folder);
    const { server, url, certificate } = tls;
    const secure = { REDIS_TLS_URL: url, REDIS_TLS_CA: certificate.cert };
    const env = { ...process.env, REDIS_URL: server.url, ...secure };
    const command = [program, ...args, 'everywhere.mjs', ...(place.leftOut ?? [])];
    return read(await run(command, env, folder));
  } catch (error) {
    return { ok: false, passed: 0, failed: [String(error)] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** It ends with `done` only where all were made. */
function read(output: string): Verdict {
  const lines = output.split('\n');
  const passed = lines.filter((line) => line.startsWith('ok ')).length;
  const failed = lines.filter((line) => line.startsWith('not ok '));
  const ok = failed.length === 0 && lines.includes('done');
  return { ok, passed, failed: ok || failed.length > 0 ? failed : [output] };
}
