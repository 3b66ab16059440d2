import {
  type CallOptions,
  createWithRedis,
  type Isolation,
  type ScopedRedis,
  type WithRedisOptions,
} from 'with-redis';

const shared = createWithRedis({ isolation: 'shared' });
const auto = createWithRedis({ isolation: 'auto' });
const exclusive = createWithRedis();
const helper = (redis: ScopedRedis) => redis.get('key');

// A shared scope reads, writes and runs blocks.
void shared((redis) => redis.get('key'));
void shared((redis) => redis.multi().set('key', '1').exec());
void shared('label', (redis) => helper(redis));

// What others would notice does not compile.
// @ts-expect-error WATCH is the connection's.
void shared((redis) => redis.watch('key'));
// @ts-expect-error So is a subscription.
void shared((redis) => redis.subscribe('channel'));
// @ts-expect-error And the database.
void shared((redis) => redis.select(1));
// @ts-expect-error All would wait.
void shared((redis) => redis.blpop('list', 0));
// @ts-expect-error Whatever the reply is made of.
void shared((redis) => redis.blmoveBuffer('a', 'b', 'LEFT', 'LEFT', 0));
// @ts-expect-error A replica's stream is a connection's.
void shared((redis) => redis.psync('?', -1));
// @ts-expect-error Nor does ending the connection.
void shared((redis) => redis.quit());

// A scope of its own, or one that moves, may.
void auto((redis) => redis.watch('key'));
void exclusive((redis) => redis.blpop('list', 1));

// A call may ask for another isolation, and gets that one's client.
void exclusive((redis) => redis.get('key'), { isolation: 'shared' });
// @ts-expect-error WATCH in a call that asked to share.
void exclusive((redis) => redis.watch('key'), { isolation: 'shared' });
void shared((redis) => redis.watch('key'), { isolation: 'auto' });

// Where it is not known, it may be a shared one.
declare const isolation: Isolation;
declare const sharedOrAuto: 'shared' | 'auto';
declare const ownOrAuto: 'exclusive' | 'auto';
declare const some: WithRedisOptions;
declare const options: CallOptions;
// @ts-expect-error WATCH, where any isolation may have been configured.
void createWithRedis({ isolation })((redis) => redis.watch('key'));
// @ts-expect-error And where it is one of two.
void createWithRedis({ isolation: sharedOrAuto })((redis) => redis.subscribe('channel'));
// @ts-expect-error And where options come from elsewhere.
void createWithRedis(some)((redis) => redis.blpop('list', 0));
// @ts-expect-error The same for a call.
void exclusive((redis) => redis.watch('key'), { isolation });
// @ts-expect-error With a label too.
void exclusive('label', (redis) => redis.watch('key'), { isolation: sharedOrAuto });
// @ts-expect-error And with options from elsewhere.
void exclusive((redis) => redis.watch('key'), options);
void exclusive((redis) => redis.get('key'), options);
void exclusive((redis: ScopedRedis) => redis.get('key'), { isolation });

// None of these may be shared.
void createWithRedis({ isolation: ownOrAuto })((redis) => redis.watch('key'));
void createWithRedis({ isolation: undefined })((redis) => redis.watch('key'));
void exclusive((redis) => redis.watch('key'), { isolation: ownOrAuto });
void exclusive((redis) => redis.watch('key'), { isolation: undefined });
void exclusive((redis) => redis.watch('key'), { deadlineMs: 500 });
void exclusive((redis) => redis.watch('key'), { ...options, isolation: 'exclusive' });
// @ts-expect-error What is left open in a call is the instance's.
void shared((redis) => redis.watch('key'), { isolation: undefined });
