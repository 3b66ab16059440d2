import { observeRedis } from '../../support/redis-observer.js';

/** Whose words the Redis in memory has: another release or another server has others for the same errors. */
const SIMULATED = 'redis 7.0';

/** Why a server cannot be compared with it; undefined where it can. */
export async function differenceOf(url: string): Promise<string | undefined> {
  const observer = await observeRedis(url);
  const info = await observer.info('server');
  await observer.close();
  const version = `${info.server_name ?? 'redis'} ${info.valkey_version ?? info.redis_version}`;
  if (version.startsWith(`${SIMULATED}.`)) return undefined;
  return `the server here is ${version}, the one in memory ${SIMULATED}`;
}
