/** A value that comes from a module: its name, and the properties that lead to the value. */
export interface ModuleValue {
  readonly module: string;
  /** From the client on, where it is one. */
  readonly path: readonly string[];
  /** The path begins at a client, that is at what a class or a function of the module has made. */
  readonly client?: boolean;
}

/** Packages whose classes are clients, `new Redis()` and `new Redis.Cluster()`. */
const withClasses = ['ioredis', 'iovalkey'];
const classes = ['Redis', 'Cluster', 'Valkey'];

/** Files of such a package, and what their default export is there. */
const files: ReadonlyMap<string, readonly string[]> = new Map([
  ['index', []],
  ['Redis', ['Redis']],
  ['cluster', ['Cluster']],
]);

/** Packages whose functions make clients. */
const withFactories = ['redis', '@redis/client', ...withClasses];
const factories = ['createClient', 'createCluster', 'createClientPool', 'createSentinel'];
const types = ['RedisClientType', 'RedisClusterType', 'RedisClientPoolType', 'RedisSentinelType'];

/** Methods of a client that answer with it. */
const chained = ['on', 'once', 'connect'];

/** A default export may stand for the module and is no step of its own. */
const stepsOf = ({ path }: ModuleValue) => path.filter((step) => step !== 'default');

export function isClientClass(value: ModuleValue): boolean {
  const isClass = stepsOf(value).every((step) => classes.includes(step));
  return isClass && !value.client && withClasses.includes(value.module);
}

export function isClientFactory(value: ModuleValue): boolean {
  const last = stepsOf(value).at(-1);
  const isFactory = last !== undefined && factories.includes(last);
  return isFactory && !value.client && withFactories.includes(value.module);
}

/** What only types name; the classes are types as well. */
export function isClientType(value: ModuleValue): boolean {
  const isType = withFactories.includes(value.module) && types.includes(stepsOf(value).at(-1) ?? '');
  return isType || isClientClass(value);
}

/** `redis.duplicate` of a client. */
export function isDuplicate({ client, path }: ModuleValue): boolean {
  return client === true && path.length === 1 && path[0] === 'duplicate';
}

/** Whoever gets hold of it can make clients: a class, a function, or the module as a whole. */
export function opensClients(value: ModuleValue): boolean {
  const isWhole = !value.client && stepsOf(value).length === 0 && withFactories.includes(value.module);
  return isWhole || isClientClass(value) || isClientFactory(value);
}

/** All that a module exports, which may be a file of a package, `ioredis/built/Redis.js`. */
export function moduleNamed(name: string): ModuleValue {
  const [, module = '', file = 'index'] = /^(\w+)\/built(?:\/(\w+))?(?:\/index)?(?:\.js)?$/.exec(name) ?? [];
  const path = withClasses.includes(module) ? files.get(file) : undefined;
  return path ? { module, path } : { module: name, path: [] };
}

export function clientOf({ module }: ModuleValue): ModuleValue {
  return { module, path: [], client: true };
}

/** What a call of the value answers with, if that is a client. */
export function calledClient(callee: ModuleValue): ModuleValue | undefined {
  const isChained = callee.client && callee.path.length === 1 && chained.includes(callee.path[0]!);
  return isChained || isDuplicate(callee) || isClientFactory(callee) ? clientOf(callee) : undefined;
}
