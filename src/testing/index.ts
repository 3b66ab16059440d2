export type { CheckedFunction } from './calls.js';
export { checkLeaks, expectNoLeaks } from './check-leaks.js';
export { LeakError } from './leak-error.js';
export type { LeakCheckOptions } from './options.js';
export { type RedisReplacement, replaceRedis } from './replace-redis.js';
export type { BeforeAndAfter, LeakedConnection, LeakProgress, LeakReport } from './report.js';
