import { noAdHocRedis } from './no-ad-hoc-redis.js';

/** A rule as ESLint takes it, in words that need none of ESLint's types. */
export interface RedisRule {
  readonly meta: object;
  create(context: object): Record<string, (node: object) => void>;
}

/** A flat config that may stand in `eslint.config.js` as it is. */
export interface RedisConfig {
  readonly name: string;
  readonly plugins: Record<string, RedisPlugin>;
  readonly rules: Record<string, 'error'>;
}

/** The plugin of `with-redis/eslint`. */
export interface RedisPlugin {
  readonly meta: { readonly name: string };
  readonly rules: Record<'no-ad-hoc-redis', RedisRule>;
  readonly configs: { readonly recommended: RedisConfig };
}

const plugins: Record<string, RedisPlugin> = {};

/**
 * A plugin for ESLint 9 and later. Its rule `no-ad-hoc-redis` refuses `new Redis()`, `createClient()` and their like,
 * of ioredis, iovalkey and node-redis, in all files but those that the option `allow` names.
 *
 * @example
 * ```ts
 * import withRedis from 'with-redis/eslint';
 *
 * export default [
 *   withRedis.configs.recommended,
 *   { rules: { 'with-redis/no-ad-hoc-redis': ['error', { allow: ['src/redis.ts', 'test/**'] }] } },
 * ];
 * ```
 */
export const plugin: RedisPlugin = {
  meta: { name: 'with-redis' },
  rules: { 'no-ad-hoc-redis': noAdHocRedis as unknown as RedisRule },
  configs: {
    recommended: {
      name: 'with-redis/recommended',
      plugins,
      rules: { 'with-redis/no-ad-hoc-redis': 'error' },
    },
  },
};

plugins['with-redis'] = plugin;
