import type { Random } from '../world/random.js';

/** Commands drawn at random, most of them right, to be asked of two servers. */

const TEXTS = ['1', '-7', 'x', 'text', '', '007', '3.5', 'é', '\r\n', '12345678901', ' 1', 'é\0'];
const NUMBERS = ['0', '1', '2', '-1', '-2', '5', 'x', '1.5', '', '-0'];

type Part =
  | 'key'
  | 'text'
  | 'number'
  | 'field'
  | 'keys'
  | 'pairs'
  | 'texts'
  | 'side'
  | 'id'
  | 'channel'
  | readonly string[];

const SHAPES: readonly (readonly [name: string, ...parts: Part[]])[] = [
  ['GET', 'key'],
  ['SET', 'key', 'text'],
  ['set', 'key', 'text', ['NX', 'XX', 'GET', 'KEEPTTL', 'nonsense']],
  ['SET', 'key', 'text', ['EX', 'PX', 'ex'], ['100', '0', '-1', 'x']],
  ['SETNX', 'key', 'text'],
  ['GETSET', 'key', 'text'],
  ['GETDEL', 'key'],
  ['APPEND', 'key', 'text'],
  ['STRLEN', 'key'],
  ['GETRANGE', 'key', 'number', 'number'],
  ['INCR', 'key'],
  ['DECR', 'key'],
  ['INCRBY', 'key', 'number'],
  ['DECRBY', 'key', 'number'],
  ['MGET', 'keys'],
  ['MSET', 'pairs'],
  ['DEL', 'keys'],
  ['EXISTS', 'keys'],
  ['TYPE', 'key'],
  ['EXPIRE', 'key', ['100', '0', '-1', 'x']],
  ['TTL', 'key'],
  ['PERSIST', 'key'],
  ['RENAME', 'key', 'key'],
  ['DBSIZE'],
  ['FLUSHDB'],
  ['LPUSH', 'key', 'texts'],
  ['RPUSH', 'key', 'texts'],
  ['LPOP', 'key'],
  ['RPOP', 'key', ['0', '1', '2', '-1', 'x']],
  ['LLEN', 'key'],
  ['LRANGE', 'key', 'number', 'number'],
  ['LREM', 'key', 'number', 'text'],
  ['LTRIM', 'key', 'number', 'number'],
  ['LMOVE', 'key', 'key', 'side', 'side'],
  ['HSET', 'key', 'pairs'],
  ['HSETNX', 'key', 'field', 'text'],
  ['HGET', 'key', 'field'],
  ['HMGET', 'key', 'field', 'field'],
  ['HGETALL', 'key'],
  ['HKEYS', 'key'],
  ['HVALS', 'key'],
  ['HLEN', 'key'],
  ['HEXISTS', 'key', 'field'],
  ['HDEL', 'key', 'field', 'field'],
  ['HINCRBY', 'key', 'field', 'number'],
  ['SADD', 'key', 'text'],
  ['SREM', 'key', 'texts'],
  ['SISMEMBER', 'key', 'text'],
  ['SCARD', 'key'],
  ['XADD', 'key', 'id', 'field', 'text'],
  ['XLEN', 'key'],
  ['XRANGE', 'key', ['-', '1', '2-1', 'x'], ['+', '3', '2']],
  ['XREAD', ['COUNT'], ['1', '2'], ['STREAMS'], 'key', ['0', '1-1', '2']],
  ['PING'],
  ['PING', 'text'],
  ['ECHO', 'text'],
  ['SELECT', ['0', '1', '15', '16', 'x', '-1']],
  ['CLIENT', ['GETNAME']],
  ['CLIENT', ['SETNAME'], ['name', 'two words']],
  ['CLIENT', ['REPLY'], ['ON']],
  ['CLIENT', ['NO-EVICT'], ['ON', 'OFF', 'x']],
  ['AUTH', 'text'],
  ['MULTI'],
  ['EXEC'],
  ['DISCARD'],
  ['WATCH', 'keys'],
  ['UNWATCH'],
  ['SUBSCRIBE', 'channel'],
  ['SUBSCRIBE', 'channel', 'channel'],
  ['PSUBSCRIBE', ['n*', '[no]ews', '?', 'n\\*']],
  ['SSUBSCRIBE', 'channel'],
  // Without a name the order is that of a hash table, which each server seeds for itself.
  ['UNSUBSCRIBE', 'channel'],
  ['PUBLISH', 'channel', 'text'],
  ['SPUBLISH', 'channel', 'text'],
  ['EVAL', ["return redis.call('GET', KEYS[1])"], ['1'], 'key'],
  ['EVAL', ["return redis.call('INCRBY', KEYS[1], ARGV[1])"], ['1'], 'key', ['1', '5']],
  ['EVAL', ['return ARGV[1]'], ['0', '1', '-1', 'x'], 'text'],
  [
    'EVAL',
    ["redis.call('INCR', KEYS[1]) return redis.error_reply(ARGV[1])"],
    ['1'],
    'key',
    ['BUSY come later'],
  ],
  ['EVALSHA', ['0000000000000000000000000000000000000000'], ['0']],
  ['SCRIPT', ['LOAD'], ['return ARGV[1]']],
  ['SCRIPT', ['EXISTS'], ['0000000000000000000000000000000000000000']],
  ['RESET'],
  ['ASKING'],
  ['READONLY'],
  ['READWRITE'],
  ['CLUSTER', ['KEYSLOT'], 'key'],
  ['NONSENSE', 'text', 'text'],
];

/** What commands are about. */
export interface Names {
  readonly keys: readonly string[];
  readonly channels: readonly string[];
}

const SOME_NAMES: Names = { keys: ['a', 'b', 'c', 'd', 'long key', ''], channels: ['news', 'other'] };

export function drawCommand(random: Random, names: Names = SOME_NAMES): string[] {
  const [name, ...parts] = random.pick(SHAPES);
  const command = [name, ...parts.flatMap((part) => drawPart(random, part, names))];
  // Now and then a word too few, or too many.
  const mayVary = !['EVAL', 'SCRIPT'].includes(name);
  if (mayVary && random.chance(0.02)) command.pop();
  if (mayVary && random.chance(0.02)) command.push(random.pick(TEXTS));
  return command.length > 0 ? command : ['PING'];
}

function drawPart(random: Random, part: Part, { keys, channels }: Names): string[] {
  const some = (draw: () => string[]) => Array.from({ length: random.int(1, 3) }, draw).flat();
  if (typeof part !== 'string') return [random.pick(part)];
  switch (part) {
    case 'key':
      return [random.pick(keys)];
    case 'text':
      return [random.pick(TEXTS)];
    case 'number':
      return [random.pick(NUMBERS)];
    case 'field':
      return [random.pick(['f', 'g'])];
    case 'side':
      return [random.pick(['LEFT', 'right', 'up'])];
    case 'id':
      return [random.pick(['1-1', '1-2', '2', '3-0', '0-0', 'x'])];
    case 'channel':
      return [random.pick(channels)];
    case 'keys':
      return some(() => [random.pick(keys)]);
    case 'texts':
      return some(() => [random.pick(TEXTS)]);
    case 'pairs':
      return some(() => [random.pick(keys), random.pick(TEXTS)]);
  }
}
