/** The names by which targets, tables and charts speak of what the scenarios measure. */

export const ours = 'with-redis';
export const ourExclusive = `${ours}, exclusive`;

/** `cache((redis) => …)` beside `cache.redis`. */
export const ourScopes = `${ours}, scopes`;

export const byHand = 'generic-pool by hand';
export const freeList = 'idealised free-list';
export const tarn = 'tarn by hand';
export const nodeRedisPool = 'node-redis pool';

export const ioredisPerCall = 'ioredis by hand';
export const nodeRedisPerCall = 'node-redis by hand';
export const rawSocket = 'raw socket, the same commands';
export const rawGet = 'raw socket, GET alone';

export const plainIoredis = 'ioredis, shared';
export const pipelinedIoredis = 'ioredis, auto-pipelined';
export const oneIoredis = [plainIoredis, pipelinedIoredis];
export const plainNodeRedis = 'node-redis, shared';

export const ioredisCluster = 'ioredis Cluster';
export const pipelinedCluster = 'ioredis Cluster, auto-pipelined';
export const nodeRedisCluster = 'node-redis cluster';
export const singleServer = `${ours}, a single server`;

export const getScope = 'scope with a GET';
export const emptyScope = 'empty scope';
export const oneSignal = 'one signal for all';
export const ownSignals = 'a signal for each';
export const importedOnTop = 'with-redis';

export const growthGroup = 'cost of a scope, 10,000 at once ÷ 100 at once';
export const abortGroup = '10,000 waiters aborted';
export const waiterGroup = 'heap for each of 10,000 waiters';
export const heapGroup = 'heap after 1,000,000 scopes, less that after 100,000';
export const importGroup = 'start of a process';
export const importMoreGroup = `${importGroup}: more than that`;

export const besideOthers = 'beside others';
export const away = (roundTripMs: number) => `${roundTripMs} ms away`;
export const coldGroup = (what: string, operations: number) =>
  `${what}, the first ${operations.toLocaleString('en')}`;

/** Groups for tables alone. */
export const functionsOf = (subject: string) => `${subject}: its functions`;
export const isDetail = (group: string) => group.endsWith(': its functions');

/** `where` unless near and alone. */
export function callersGroup(callers: number, where = ''): string {
  const group = callers === 1 ? '1 caller' : `${callers} callers`;
  return where === '' ? group : `${where}, ${group}`;
}
