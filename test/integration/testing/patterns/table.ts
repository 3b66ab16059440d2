import type { LeakCheckOptions, LeakReport } from '../../../../src/testing/index.js';

/** A function as people write it, and what the kit has to say of it. */
export interface Pattern {
  readonly file: string;
  readonly name: string;
  /** What it does, for the guide. */
  readonly does: string;
  readonly verdict: LeakReport['verdict'];
  /** Connections, or clients that go on dialling, for each call; 0 unless it leaks. */
  readonly rate: number;
  /** Where it was reported, in public. */
  readonly report?: string;
  readonly options?: LeakCheckOptions;
  readonly env?: Readonly<Record<string, string>>;
  /** On a server of 30 clients. */
  readonly isSmall?: boolean;
  /** What the notes have to say; where a verdict may be wrong, how to tell. */
  readonly says?: RegExp;
  /** How far the rate may be off, of 1. Default 0.1. */
  readonly blur?: number;
  /** The line cannot be known, or is not the point. */
  readonly hasNoLine?: boolean;
}

type More = Partial<Omit<Pattern, 'file' | 'name' | 'does' | 'verdict' | 'rate'>>;
type Row = readonly [name: string, does: string, rate: number, more?: More];

const leaking = (file: string, rows: readonly Row[]): Pattern[] =>
  rows.map(([name, does, rate, more]) => ({ file, name, does, verdict: 'leak', rate, ...more }));
const clean = (
  file: string,
  rows: readonly (readonly [name: string, does: string, more?: More])[],
): Pattern[] =>
  rows.map(([name, does, more]) => ({ file, name, does, verdict: 'no leak', rate: 0, ...more }));
const unclear = (
  file: string,
  rows: readonly (readonly [name: string, does: string, more?: More])[],
): Pattern[] =>
  rows.map(([name, does, more]) => ({ file, name, does, verdict: 'inconclusive', rate: 0, ...more }));

const slow = { options: { calls: 6, concurrency: 2, warmup: 1 } };

export const patterns: readonly Pattern[] = [
  ...leaking('ioredis', [
    ['neverCloses', 'a client per call that nobody closes', 1],
    ['closesUnlessItThrows', 'closes, but not on the error path', 0.25],
    ['returnsEarlyOnMiss', 'closes, but not where it returns early', 0.5],
    ['firesAndForgets', 'returns before its client dials', 1],
    ['dialsFromTimer', 'dials from a timer, after it has returned', 1],
    ['answersCallback', 'a callback API that returns at once', 1],
    ['duplicates', '`duplicate()` for each call', 1],
    ['opensTwo', 'publisher and subscriber for each call', 2],
    ['opensOnePerShard', 'a client per shard for each call', 5, { report: 'redis/ioredis#972' }],
    [
      'streamsToReaderWhoHasGone',
      'a subscriber for a reader who left before it was ready',
      1,
      { report: 'OpenCTI-Platform/opencti#12273' },
    ],
    ['givesUpOnConflict', 'WATCH, and a return between it and EXEC', 0.5],
    ['leavesScanStream', 'a scan stream that is left early', 1],
    ['retriesWithNewClients', 'a new client for each attempt, the last one closed', 1],
    ['loosesRaceAgainstTimeout', 'closes unless a timeout wins', 0.33],
    ['reconnectsOnError', '`reconnectOnError` and no close', 1],
    ['pollsForEver', 'a loop that each call begins and nobody ends', 1, { hasNoLine: true, blur: 0.5 }],
    ['setsIntervalThatStays', 'an interval for each call', 1],
  ]),
  ...clean('ioredis', [
    ['disconnectsInFinally', '`disconnect()` in `finally`'],
    ['quits', '`await quit()`'],
    ['quitsWithoutWaiting', '`quit()` without `await`'],
    ['closesInCallback', 'closes in the callback of its command'],
    ['streamsUntilReaderGoes', 'a subscriber that is closed when its reader goes'],
    ['sharesOne', 'one client for all calls'],
    [
      'sharesAfterRace',
      'one for all calls, but those who came first opened one each',
      { report: 'vercel/next.js#17666', says: /the warm-up of 10 calls opened 5 connections/ },
    ],
    ['closesLater', 'closes a quarter of a second after it has returned'],
    ['closesAfterBlocking', 'closes when a command that blocks has ended'],
    [
      'setsTimeoutThatStays',
      'a timeout of 30 s that nobody clears',
      { says: /timers of the calls are pending/ },
    ],
  ]),
  ...clean('imported', [['usesOneFromImport', 'one that was opened when the file was loaded']]),
  ...unclear('ioredis', [['isLazyAndNeverUsed', 'a lazy client that never connects']]),

  ...leaking('iovalkey', [['neverCloses', 'a client per call that nobody closes', 1]]),
  ...clean('iovalkey', [['quits', '`await quit()`']]),

  ...leaking('unreachable', [
    ['dialsDeadPort', 'a client per call, and nobody listens', 1],
    ['hasWrongPassword', 'a client per call, with a wrong password', 1],
    ['speaksTlsToPlainPort', 'a client per call, TLS to a plain port', 1],
    ['nodeRedisDialsDeadPort', 'node-redis, and nobody listens', 1, { report: 'redis/node-redis#2134' }],
  ]),
  ...clean('unreachable', [
    ['closesDeadPort', 'nobody listens, and it closes all the same', { says: /no dial went to the server/ }],
    ['sharesDeadOne', 'one client for all calls that never connects'],
    ['nodeRedisGivesUp', 'node-redis that does not dial again'],
  ]),

  ...leaking('node-redis', [
    ['neverCloses', 'a client per call that nobody closes', 1],
    ['hasPoolPerPage', 'a class that connects, per page', 1, { report: 'redis/node-redis#2468' }],
    ['duplicatesForPubSub', '`duplicate()` for pub/sub, per call', 1],
    ['connectsWithoutWaiting', '`connect()` without `await`', 1],
    ['hasPoolPerCall', 'a pool for each call', 1],
    ['throwsBeforeClose', 'throws between `connect()` and `close()`', 1, { says: /failed/ }],
  ]),
  ...clean('node-redis', [
    ['closes', '`await close()`'],
    ['destroys', '`destroy()` in `finally`'],
    ['sharesOne', 'one client for all calls'],
    ['sharesPool', 'one pool for all calls'],
  ]),

  ...leaking('pools', [
    ['neverGivesBack', 'acquires from a pool and never releases', 1],
    ['hasPoolPerCall', 'a pool for each call', 1],
    ['hasOnePerUser', 'a map of clients with a key for each call', 1],
    [
      'hasOnePerTenantOfThousand',
      'a map of clients with more keys than there are calls',
      1,
      { says: /no leak if it is a cache that holds more than these calls opened/ },
    ],
  ]),
  ...clean('pools', [
    ['sharesPool', 'one pool for all calls'],
    ['drainsPoolPerCall', 'a pool for each call, drained'],
    ['replacesThem', 'a pool that replaces its connections'],
    ['hasOnePerTenant', 'a map of clients with 25 keys'],
    ['hasThoseUsedLast', 'a cache of the 15 that were used last'],
  ]),

  ...leaking('queues', [
    ['bullPerCall', 'a Bull queue for each call', 1, { report: 'OptimalBits/bull#1453' }],
    [
      'bullOnClientsOfFactory',
      'Bull closed, but not the clients of its factory',
      1,
      { report: 'OptimalBits/bull#1747' },
    ],
    ['queuePerCall', 'a BullMQ queue for each call', 1, { report: 'taskforcesh/bullmq#2243' }],
    ['queueOnClientOfOthers', "BullMQ closed, but not the caller's client", 1],
    ['workerPerCall', 'a BullMQ worker for each call', 2],
    ['eventsPerCall', 'BullMQ QueueEvents for each call', 1],
  ]),
  ...clean('queues', [
    ['bullClosed', 'a Bull queue for each call, closed'],
    ['queueClosed', 'a BullMQ queue for each call, closed'],
    ['workerClosed', 'a BullMQ worker for each call, closed', { report: 'taskforcesh/bullmq#493' }],
    ['sharesQueue', 'one BullMQ queue for all calls'],
  ]),

  ...leaking('stores', [
    ['sessionsPerRequest', 'connect-redis on a client per request', 1, { report: 'tj/connect-redis#254' }],
    ['keyvPerCall', 'a Keyv for each call', 1, { report: 'jaredwray/keyv#131' }],
    ['nodeOfWorkflow', 'closes in one of two branches', 1, { report: 'n8n-io/n8n#1586' }],
    ['serverlessHandler', 'a cache for each invocation', 1, { report: 'apollographql/apollo-server#3434' }],
  ]),
  ...clean('stores', [
    ['sessionsShareOne', 'connect-redis on one client'],
    ['keyvDisconnected', 'a Keyv for each call, disconnected'],
  ]),

  ...leaking('http', [
    ['asksLeakingServer', 'a handler that leaks, asked over HTTP', 1],
    ['throwsAfterDial', 'a handler that throws after `new Redis()`', 1],
    ['fetchesAndLeaks', 'leaks, and fetches over connections that are kept alive', 1],
    ['hasAgentPerCall', 'no Redis: a keep-alive HTTP agent for each call', 1],
  ]),
  ...clean('http', [
    ['asksClosingServer', 'a handler that closes, asked over HTTP'],
    ['asksLateServer', 'a handler that closes after it has answered, asked over HTTP'],
    ['fetchesAndShares', 'one client, and fetch with its connections that are kept alive'],
  ]),
  ...unclear('http', [
    ['handlerWithoutRequest', 'a handler that is called without a request', { says: /takes 1 argument/ }],
  ]),

  ...leaking('threads', [
    ['leavesWorker', 'a worker thread for each call, with a connection', 1, slow],
    ['leavesChild', 'a child process for each call, with a connection', 1, slow],
    [
      'asksWorkerThatOpens',
      'one worker thread that opens a connection for each call',
      1,
      { hasNoLine: true },
    ],
  ]),
  ...clean('threads', [
    ['terminatesWorker', 'a worker thread for each call, terminated', slow],
    ['killsChild', 'a child process for each call, ended', slow],
    ['asksWorkerThatCloses', 'one worker thread that closes what it opens'],
  ]),

  ...leaking('background', [
    ['leaksBesideLeakingJob', 'leaks, beside a job that leaks', 1, { env: { BACKGROUND: 'interval' } }],
    [
      'queuesJob',
      'a consumer begun at import, that leaks for each call',
      1,
      { env: { BACKGROUND: 'consumer' } },
    ],
    ['emits', 'a listener that leaks', 1],
  ]),
  ...clean('background', [
    [
      'closesBesideLeakingJob',
      'closes, beside a job that leaks',
      {
        env: { BACKGROUND: 'interval' },
        says: /other work of the process, not the calls, opened \d+ connections/,
      },
    ],
  ]),

  ...unclear('nothing', [
    ['throwsAlways', 'throws before it opens anything'],
    ['opensNone', 'opens nothing'],
    ['hasLeakedBefore', 'opens nothing, where others have connections open', { env: { BEFORE: 'leaked' } }],
    ['usesMock', 'ioredis-mock'],
  ]),

  ...leaking('ioredis', [
    ['neverCloses', 'a client per call, on a server of 30 clients', 1, { isSmall: true }],
    [
      'loosesRaceAgainstTimeout',
      'a client that waits for ever, on a server of 30 clients',
      0.33,
      { isSmall: true, report: 'redis/ioredis#1348' },
    ],
  ]),
  ...leaking('node-redis', [
    ['neverCloses', 'a client per call, on a server of 30 clients', 1, { isSmall: true }],
  ]),
  ...clean('ioredis', [['quits', '`await quit()`, on a server of 30 clients', { isSmall: true }]]),

  ...leaking('shapes', [
    ['neverCloses', '`Error.prepareStackTrace` that answers call sites', 1, { env: { SHAPE: 'call-sites' } }],
    ['neverCloses', '`Error.prepareStackTrace` that throws', 1, { env: { SHAPE: 'throws' } }],
  ]),
];
