import { standIn } from '../adapters/ioredis.js';
import { planOf } from '../cluster/plan.js';
import { otherOptions } from '../connection/lent-options.js';
import { lookInto } from '../core/error-base.js';
import { createHandle } from '../handle/handle.js';
import type { StandingRedis } from '../handle/scoped-redis.js';
import type { Settings } from '../options/settings.js';
import { targetFromEnvironment } from '../options/target.js';
import type { Runner } from './request.js';
import { StandingOwner } from './standing-owner.js';

/**
 * One for an instance, however often it is asked for. Its prefix is read with the first command, as REDIS_URL is, and is that
 * of the client that stands in where connections were replaced.
 */
export function createStandingClient(settings: Settings, runner: Runner): StandingRedis {
  const { client, options } = standIn(factsOf(settings) ?? settings.redis);
  const owner = new StandingOwner(client, runner);
  const handle = createHandle(owner, { client, options, otherOptions: otherOptions(options) });
  const status = () => (runner.closed ? 'end' : 'ready');
  let facts: { readonly keyPrefix?: unknown } | undefined;
  const keyPrefix = () => {
    // Of a factory's client it is known once that is lent.
    if (runner.settings.connect) return undefined;
    facts ??= factsOf(settings);
    return (facts ?? settings.redis).keyPrefix;
  };
  Object.defineProperty(handle.options, 'keyPrefix', { get: keyPrefix, enumerable: true });
  return Object.defineProperty(handle, 'status', { get: status, enumerable: true }) as StandingRedis;
}

/** What is known of the connections before there is one: prefix, scripts, where they go. Undefined until REDIS_URL says so. */
function factsOf(settings: Settings): object | undefined {
  if (settings.connect) return {};
  if (!settings.cluster) {
    return settings.target ?? lookInto(() => targetFromEnvironment(settings.redis), undefined);
  }
  const { seeds, target } = planOf(settings);
  return target(seeds[0] as string);
}
