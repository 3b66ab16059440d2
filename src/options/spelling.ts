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
  const ranked = names
    .map((each) => ({ each, distance: distanceBetween(wanted, each.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, Math.min(2, wanted.length / 4)) ? best.each : undefined;
}

/** Letters to add, drop, change or swap (Damerau's distance, of neighbours). */
function distanceBetween(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1;
      let least = Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + change);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = previous;
    previous = row;
  }
  return previous[to.length] as number;
}
