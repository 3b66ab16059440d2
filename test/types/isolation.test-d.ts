import { type CallOptions, createWithRedis, type Isolation, type ScopedRedis } from 'with-redis';

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

// Where it is one of two, it may be the shared one.
declare const isolation: Isolation;
declare const sharedOrAuto: 'shared' | 'auto';
declare const ownOrAuto: 'exclusive' | 'auto';
declare const options: CallOptions;
// @ts-expect-error A subscription, where it may share.
void createWithRedis({ isolation: sharedOrAuto })((redis) => redis.subscribe('channel'));
// @ts-expect-error The same for a call, with a label too.
void exclusive('label', (redis) => redis.watch('key'), { isolation: sharedOrAuto });
void createWithRedis({ isolation: ownOrAuto })((redis) => redis.watch('key'));
void exclusive((redis) => redis.watch('key'), { isolation: ownOrAuto });
void exclusive((redis) => redis.watch('key'), { isolation: undefined });
void exclusive((redis) => redis.watch('key'), { deadlineMs: 500 });

// Of options that come from elsewhere nothing is known; what may not be done is said when it is.
void createWithRedis({ isolation })((redis) => redis.watch('key'));
void exclusive((redis) => redis.watch('key'), options);
void exclusive((redis: ScopedRedis) => redis.get('key'), { isolation });
