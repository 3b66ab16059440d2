/** What people know from elsewhere, and what it is called here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  max: 'maxConnections',
  maxClients: 'maxConnections',
  maxSize: 'maxConnections',
  poolSize: 'maxConnections',
  min: 'pool.minIdle',
  timeout: 'deadlineMs',
  timeoutMs: 'deadlineMs',
  commandTimeout: 'deadlineMs, or redis.commandTimeout',
  connectTimeout: 'acquireTimeoutMs, or redis.connectTimeout',
  acquireTimeout: 'acquireTimeoutMs',
  acquireTimeoutMillis: 'acquireTimeoutMs',
  idleTimeoutMillis: 'pool.idleTimeoutMs',
  idleTimeout: 'pool.idleTimeoutMs',
  maxWaitingClients: 'maxPending',
  retries: 'retry.attempts',
  maxRetries: 'retry.attempts',
  maxRetriesPerRequest: 'retry',
  retryStrategy: 'retry',
  nodes: 'cluster.nodes',
  uri: 'url',
  logger: 'observer',
  ...Object.fromEntries(
    ['host', 'port', 'username', 'password', 'db', 'tls', 'path', 'family', 'keyPrefix', 'sentinels'].map(
      (name) => [name, `redis.${name}`],
    ),
  ),
};

/** The same for somebody who comes from another library. */
export function knownElsewhere(name: string): string | undefined {
  return Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined;
}

/** The name that was probably meant: what a letter or two turn into it, or nothing. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const most = wanted.length < 8 ? 1 : 2;
  for (let edits = 0; edits <= most; edits += 1) {
    const found = names.find((each) => isWithin(edits, wanted, each.toLowerCase()));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether so many letters at most to add, drop, change or swap turn one into the other. */
function isWithin(edits: number, from: string, to: string): boolean {
  if (from === to) return true;
  if (edits === 0) return false;
  if (from[0] === to[0]) return isWithin(edits, from.slice(1), to.slice(1));
  const isSwapped = from[0] === to[1] && from[1] === to[0];
  return (
    isWithin(edits - 1, from.slice(1), to) ||
    isWithin(edits - 1, from, to.slice(1)) ||
    isWithin(edits - 1, from.slice(1), to.slice(1)) ||
    (isSwapped && isWithin(edits - 1, from.slice(2), to.slice(2)))
  );
}
