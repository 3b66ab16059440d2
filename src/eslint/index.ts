import { plugin } from './plugin.js';

export type { RedisConfig, RedisPlugin, RedisRule } from './plugin.js';
export default plugin;
/** By name as well, so that what `require` returns is a plugin. */
export const { meta, rules, configs } = plugin;
