/** Of what kind an option is. */
export type Kind =
  | 'text'
  | 'key'
  | 'ms'
  | 'number'
  | 'port'
  | 'family'
  | 'flag'
  | 'function'
  | 'object'
  | 'list'
  | 'any';

const named = (kind: Kind, text: string): [string, Kind][] =>
  text
    .trim()
    .split(/\s+/)
    .map((name) => [name, kind]);

/** ioredis's options, 5.4 to 6, and of what kind each is. */
export const KINDS: ReadonlyMap<string, Kind> = new Map([
  ...named(
    'text',
    'host path username password connectionName name role sentinelUsername sentinelPassword clientInfoTag replyMapping',
  ),
  ...named('key', 'keyPrefix'),
  ...named(
    'ms',
    `connectTimeout disconnectTimeout commandTimeout socketTimeout blockingTimeout blockingTimeoutGrace keepAlive
     maxLoadingRetryTime sentinelCommandTimeout`,
  ),
  ...named('number', 'protocol maxRetriesPerRequest sentinelMaxConnections'),
  ...named('port', 'port db'),
  ...named('family', 'family'),
  ...named(
    'flag',
    `noDelay lazyConnect enableOfflineQueue enableReadyCheck autoResubscribe autoResendUnfulfilledCommands readOnly
     stringNumbers showFriendlyErrorStack enableAutoPipelining disableClientInfo updateSentinels failoverDetector
     enableTLSForSentinelMode monitor`,
  ),
  ...named(
    'function',
    'retryStrategy reconnectOnError sentinelRetryStrategy sentinelReconnectStrategy Connector',
  ),
  ...named('object', 'tls sentinelTLS scripts'),
  ...named('list', 'sentinels autoPipeliningIgnoredCommands himportFieldsets'),
  ...named('any', 'natMap preferredSlaves'),
]);

export const WORDS: Readonly<Record<Kind, string>> = {
  text: 'a string',
  key: 'a string or a Buffer',
  ms: 'a number of milliseconds, 0 or more',
  number: 'a number',
  port: 'a whole number, 0 or more',
  family: '4, 6, or 0 for both',
  flag: 'true or false',
  function: 'a function',
  object: 'an object',
  list: 'a list',
  any: 'something',
};

export function isOfKind(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'key':
      return typeof value === 'string' || Buffer.isBuffer(value);
    case 'ms':
      return typeof value === 'number' && value >= 0;
    case 'number':
      return typeof value === 'number' && !Number.isNaN(value);
    case 'port':
      return /^\d+$/.test(String(value)) && ['string', 'number'].includes(typeof value);
    case 'family':
      return value === 0 || value === 4 || value === 6;
    case 'flag':
      return typeof value === 'boolean';
    case 'function':
      return typeof value === 'function';
    case 'object':
      return typeof value === 'object' || typeof value === 'boolean' || typeof value === 'string';
    case 'list':
      return Array.isArray(value);
    case 'any':
      return true;
  }
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** As it stands in the query of a URL; undefined where that is no text for it. */
export function fromText(kind: Kind, text: string): unknown {
  if (kind === 'text' || kind === 'key') return text;
  if (kind === 'flag') return FLAGS.get(text);
  if (kind === 'object') return text === 'true' ? true : undefined;
  if (['ms', 'number', 'port', 'family'].includes(kind)) return /^\d+$/.test(text) ? Number(text) : undefined;
  return undefined;
}
