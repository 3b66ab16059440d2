import type { Instance } from '../../src/instance/instance.js';
import type { ScopeBody } from '../../src/instance/request.js';
import type { CallOptions } from '../../src/options/options.js';

/** One scope of an instance that was made with an environment of the test's own. */
export function runOn<T>(
  instance: Instance,
  fn: ScopeBody<T>,
  options?: CallOptions,
  label?: string,
): Promise<Awaited<T>> {
  return instance.run({ label, fn, options, entry: runOn });
}
