import { plugin } from './plugin.js';

export type { RedisConfig, RedisPlugin, RedisRule } from './plugin.js';
export default plugin;
// By name as well, so that what `require` returns is a plugin.
/** Name and version of the plugin. */
export const meta = plugin.meta;
/** Its one rule, `no-ad-hoc-redis`. */
export const rules = plugin.rules;
/** `recommended`: the rule as an error, everywhere. */
export const configs = plugin.configs;
