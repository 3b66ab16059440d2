/**
 * What the server's command table says, kept to what we decide by it. `test/unit/commands.test.ts` compares it with
 * `@ioredis/commands` and with the COMMAND reply of a real server.
 */

const words = (text: string): readonly string[] => text.split(' ');

/** Flagged `readonly` by the server. */
export const READ_ONLY_COMMANDS = words(
  'arcount arget argetrange argrep arinfo arlastitems arlen armget arnext arop arscan bitcount bitfield_ro ' +
    'bitpos dbsize digest dump eval_ro evalsha_ro exists expiretime fcall_ro geodist geohash geopos ' +
    'georadius_ro georadiusbymember_ro geosearch get getbit getrange hexists hexpiretime hget hgetall hkeys ' +
    'hlen hmget hpexpiretime hpttl hrandfield hscan hstrlen httl hvals keys lcs lindex llen lolwut lpos lrange ' +
    'mget pexpiretime pfcount pttl randomkey scan scard sdiff sdiffcard sinter sintercard sismember smembers ' +
    'smismember sort_ro srandmember sscan strlen substr sunion sunioncard touch ttl type vcard vdim vemb ' +
    'vgetattr vinfo vismember vlinks vrandmember vrange vsim xlen xpending xrange xread xrevrange zcard zcount ' +
    'zdiff zinter zintercard zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank zrevrange ' +
    'zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion',
);

/** Change no data, though the server does not flag them so: asking again can do no harm. */
export const HARMLESS_COMMANDS = words(
  'command discard echo info multi object ping select time unwatch wait waitaof watch xinfo memory',
);

/** Wait at the server for somebody else. */
export const BLOCKING_COMMANDS = words(
  'blmove blmovem blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin wait waitaof',
);

/** The same, where they are given the option BLOCK. */
export const BLOCKING_BY_OPTION = words('xread xreadgroup');

/** Leave a state on the connection that cannot be undone exactly. */
export const DIRTYING_COMMANDS = words(
  'asking auth hello himport monitor psync readonly readwrite replconf reset sync',
);

/** Subcommands of CLIENT that leave nothing behind on this connection. */
export const CLEAN_CLIENT_SUBCOMMANDS = words('help list pause unblock unpause');

/** Of these, what is asked of this connection itself. */
export const PERSONAL_CLIENT_SUBCOMMANDS = words('getname getredir id info trackinginfo');

/** End or hijack the connection; a scope has `return` for that. */
export const REFUSED_COMMANDS = words('monitor quit');
