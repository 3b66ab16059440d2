import { LONGEST_MS, UNLIMITED } from '../core/clock.js';
import { count, FLAG, FUNCTION, type Kind, OBJECT } from './validation.js';

/** A kind of ioredis option. */
export interface RedisKind extends Kind {
  /** What it is where it stands as text in the query of a URL; undefined where it cannot. */
  readonly fromText?: (text: string) => unknown;
  /** As ioredis is to have it; undefined as if it was given nowhere. */
  readonly means?: (value: unknown) => unknown;
}

const text = (text: string) => text;
const number = (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined);
const flag = (text: string) =>
  ['0', 'false'].includes(text) ? false : ['1', 'true'].includes(text) || undefined;

/** Also as text, as the environment has it. */
function whole(most?: number): RedisKind {
  const { wanted, is } = count(0, most);
  const isOne = (value: unknown) => is(typeof value === 'string' ? number(value) : value);
  return { wanted, is: isOne, fromText: number, means: Number };
}

const PORT = whole(65_535);

/** Shown with every error; a URL could hold a password. */
const isHost = (value: unknown) => typeof value === 'string' && !/[@/\s]/.test(value);
const isSentinel = (value: { readonly host?: unknown; readonly port?: unknown }) =>
  Object(value) === value && isHost(value.host ?? '') && PORT.is(value.port ?? 0);
const isScript = (value: unknown) => typeof (value as { lua?: unknown } | null)?.lua === 'string';

const KINDS_OF: readonly [kind: RedisKind, names: string][] = [
  [{ wanted: 'the name or address of a host, and no URL', is: isHost, fromText: text }, 'host'],
  [
    {
      wanted: 'a string, and no URL',
      is: (value) => typeof value === 'string' && !value.includes('://'),
      fromText: text,
    },
    'path connectionName name role',
  ],
  [
    { wanted: 'a string', is: (value) => typeof value === 'string', fromText: text },
    'username password sentinelUsername sentinelPassword clientInfoTag replyMapping',
  ],
  [
    {
      wanted: 'a string or a Buffer',
      is: (value) => typeof value === 'string' || Buffer.isBuffer(value),
      fromText: text,
    },
    'keyPrefix',
  ],
  [
    {
      wanted: 'a number of milliseconds, 0 or more',
      is: (value) => typeof value === 'number' && value >= 0,
      fromText: number,
      // ioredis hands it to timers, which fire at once where it is too long, and may add up two.
      means: (ms) => (ms === UNLIMITED ? undefined : Math.min(ms as number, LONGEST_MS / 2)),
    },
    `connectTimeout disconnectTimeout commandTimeout socketTimeout blockingTimeout blockingTimeoutGrace keepAlive
     maxLoadingRetryTime sentinelCommandTimeout`,
  ],
  [
    {
      wanted: 'a number',
      is: (value) => typeof value === 'number' && !Number.isNaN(value),
      fromText: number,
    },
    'protocol maxRetriesPerRequest sentinelMaxConnections',
  ],
  [PORT, 'port'],
  [whole(), 'db'],
  [
    {
      wanted: '4, 6, or 0 for both',
      is: (value) => [0, 4, 6].includes(value as number),
      fromText: number,
    },
    'family',
  ],
  [
    { ...FLAG, fromText: flag },
    `noDelay lazyConnect enableOfflineQueue enableReadyCheck autoResubscribe autoResendUnfulfilledCommands readOnly
     stringNumbers showFriendlyErrorStack enableAutoPipelining disableClientInfo updateSentinels failoverDetector
     enableTLSForSentinelMode monitor`,
  ],
  [FUNCTION, 'retryStrategy reconnectOnError sentinelRetryStrategy sentinelReconnectStrategy Connector'],
  [
    {
      wanted: 'an object',
      is: (value) => OBJECT.is(value) || ['boolean', 'string'].includes(typeof value),
      fromText: (text) => (text === 'true' ? true : undefined),
      means: (value) => (value === true ? {} : value),
    },
    'tls sentinelTLS',
  ],
  [
    {
      wanted: 'an object of { lua }',
      is: (value) => OBJECT.is(value) && Object.values(value as object).every(isScript),
    },
    'scripts',
  ],
  [
    {
      wanted: 'a list of { host, port }, port up to 65535',
      is: (value) => Array.isArray(value) && value.length > 0 && value.every(isSentinel),
    },
    'sentinels',
  ],
  [{ wanted: 'a list', is: Array.isArray }, 'autoPipeliningIgnoredCommands himportFieldsets'],
  [{ wanted: 'an object or a function', is: (value) => OBJECT.is(value) || FUNCTION.is(value) }, 'natMap'],
  [{ wanted: 'something', is: () => true }, 'preferredSlaves'],
];

/** ioredis's options, 5.4 to 6, and of what kind each is. */
export const KINDS: ReadonlyMap<string, RedisKind> = new Map(
  KINDS_OF.flatMap(([kind, names]) => names.split(/\s+/).map((name) => [name, kind] as const)),
);
