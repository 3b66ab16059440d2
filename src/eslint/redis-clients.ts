/** A value that comes from a module: its name, and the properties that lead to the value. */
export interface ModuleValue {
  readonly module: string;
  readonly path: readonly string[];
}

/** Packages whose classes are clients, `new Redis()` and `new Redis.Cluster()`. */
const withClasses = ['ioredis', 'iovalkey'];
const classes = ['Redis', 'Cluster', 'Valkey'];

/** Packages whose functions make clients. */
const withFactories = ['redis', '@redis/client', ...withClasses];
const factories = ['createClient', 'createCluster', 'createClientPool', 'createSentinel'];

/** A default export may stand for the module and is no step of its own. */
const stepsOf = ({ path }: ModuleValue) => path.filter((step) => step !== 'default');

export function isClientClass(value: ModuleValue): boolean {
  return withClasses.includes(value.module) && stepsOf(value).every((step) => classes.includes(step));
}

export function isClientFactory(value: ModuleValue): boolean {
  const last = stepsOf(value).at(-1);
  return withFactories.includes(value.module) && last !== undefined && factories.includes(last);
}
