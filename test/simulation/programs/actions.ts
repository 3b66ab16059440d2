import type { Redis } from 'ioredis';
import { SCRIPTS } from '../redis/commands/scripts.js';
import { THROWABLE } from '../world/values.js';
import { NESTING } from './nesting.js';
import { buffers, callback, madeByHand } from './other-ways.js';
import { ownWords } from './own-words.js';
import type { Action, ActionName } from './program.js';
import { repliesOf, TRANSACTIONS } from './transactions.js';
import { UNWRITABLE_ACTS } from './unwritable.js';

/** What an action may use of the scope that runs it. */
export interface Stage {
  readonly redis: Redis;
  /** A number that nobody else has. */
  id(): number;
  /** A key that nobody else has. */
  fresh(kind: string): string;
  /** Of several that nobody else has, in a cluster now and then each on another node. */
  spread(kind: string, which: number): string;
  /** A key that others have too. */
  common(kind: string, which: number): string;
  /** Complains where a reply is not this one. Data that a server lost is no fault of anybody. */
  expect(what: string, actual: unknown, expected: unknown): void;
  /** The scope throws it, and its caller is to get the same. */
  throws(value: unknown): never;
  /** A write that may be executed once for each attempt that was opted in to. */
  once(): string;
  /** A write that must not be executed once the scope is over. */
  open(): string;
  /** Opens a scope inside of this one; its deadline is that of this one, or less. */
  nest(body: (redis: Redis) => Promise<unknown>, deadlineMs?: number, isolation?: 'shared'): Promise<unknown>;
  /** Whether scopes inside may have the connection of this one; not any more once it is over. */
  readonly lends: boolean;
  /** The standing client of the same instance. */
  readonly standing: Redis;
  /** Complains where it is not refused at once: the MULTI that it counts on never was. */
  refused(reply: Promise<unknown>): Promise<void>;
  /** Nobody waits for it; complains where it is refused for the end of its scope although there was time. */
  forgets(reply: Promise<unknown>): void;
  /** A listener to its connection; complains where it hears of it after its end. */
  hear(event: 'message' | 'close'): void;
  /** Something that never comes. */
  readonly never: Promise<never>;
  sleep(ms: number): Promise<void>;
}

export type Act = (stage: Stage, how: number) => unknown;

const SCRIPT_TEXTS = Object.keys(SCRIPTS);

const SUBSCRIPTIONS = [
  ['psubscribe', 'punsubscribe'],
  ['subscribe', 'unsubscribe'],
  ['ssubscribe', 'sunsubscribe'],
] as const;

const noop = () => {};

const ACTS: Readonly<Record<ActionName, Act>> = {
  async 'set and get'({ redis, fresh, expect }) {
    const key = fresh('plain');
    await redis.set(key, `${key} é`);
    expect('get', await redis.get(key), `${key} é`);
  },
  async count({ redis, once, expect }) {
    expect('incr', await redis.incr(once()), 1);
  },
  async echo({ redis, id, expect }, how) {
    const texts = Array.from({ length: 1 + (how % 4) }, () => `echo ${id()}`);
    expect('echo', await Promise.all(texts.map((text) => redis.echo(text))), texts);
  },
  async pipeline({ redis, id, expect }, how) {
    const texts = Array.from({ length: 1 + (how % 6) }, () => `echo ${id()}`);
    const pipeline = redis.pipeline();
    for (const text of texts) pipeline.echo(text);
    expect('pipeline', repliesOf(await pipeline.exec()), texts);
  },
  async 'side by side'({ redis, spread, expect }, how) {
    const chain = async (_: unknown, which: number) => {
      const key = spread('plain', which);
      await redis.set(key, key);
      expect('get', await redis.get(key), key);
    };
    const chains = await Promise.allSettled(Array.from({ length: 2 + (how % 2) }, chain));
    for (const outcome of chains) if (outcome.status === 'rejected') throw outcome.reason;
  },
  async list({ redis, fresh, expect }) {
    const key = fresh('list');
    await redis.rpush(key, 'a', 'b', 'c');
    expect('lrange', await redis.lrange(key, 0, -1), ['a', 'b', 'c']);
    expect('blpop', await redis.lpop(key), 'a');
  },
  async hash({ redis, fresh, expect }) {
    const key = fresh('hash');
    await redis.hset(key, { a: '1', b: key });
    expect('hgetall', await redis.hgetall(key), { a: '1', b: key });
  },
  async stream({ redis, fresh, expect }) {
    const key = fresh('stream');
    const entry = await redis.xadd(key, '*', 'field', key);
    expect('xrange', await redis.xrange(key, '-', '+'), [[entry, ['field', key]]]);
  },
  async script({ redis, fresh, expect }, how) {
    const key = fresh('plain');
    if (how % 2) expect('eval', await redis.eval(SCRIPT_TEXTS[2] as string, 1, key, key), key);
    else expect('eval', await redis.eval(SCRIPT_TEXTS[1] as string, 1, key, 3), 3);
  },
  async 'own command'({ redis, fresh, expect }, how) {
    redis.defineCommand('increase', { numberOfKeys: 1, lua: SCRIPT_TEXTS[1] as string });
    const { increase, pipeline } = redis as Redis & Defined;
    const key = fresh('plain');
    if (how % 3 > 0) expect('own command', await increase.call(redis, key, 3), 3);
    else expect('own command', repliesOf(await pipeline.call(redis).increase(key, 3).exec()), [3]);
  },
  callback,
  buffers,
  'made by hand': madeByHand,
  async scan({ redis }, how) {
    for await (const _page of redis.scanStream({ count: 1 + how })) if (how % 3 === 0) break;
  },
  pause: ({ sleep }, how) => sleep(how % 25 === 0 ? 10 * how : how % 5),
  async turn(_stage, how) {
    for (let turn = how % 8; turn > 0; turn--) await undefined;
  },
  select: ({ redis }, how) => (how % 2 ? redis.select(how % 16) : redis.call('Select', how % 16)),
  /** What ends one of several leaves the others. */
  async subscribe({ redis, fresh }, how) {
    const names = [fresh('channel'), fresh('channel')].slice(how % 2);
    const [enter, leave] = SUBSCRIPTIONS[how % 3] as (typeof SUBSCRIPTIONS)[number];
    await redis[enter](...names);
    if (how % 5 === 0) await redis[leave](names[0] as string);
  },
  /** As above, or what ends subscriptions of another kind. */
  async 'subscribe anew'({ redis, fresh }, how) {
    await redis.psubscribe(fresh('channel'));
    if (how % 2) await redis.sunsubscribe();
    else await Promise.all([redis.punsubscribe(), redis.psubscribe(fresh('channel'))]);
  },
  /** What was published before a PING comes before its reply. */
  async messages({ redis, standing, fresh, id, expect }, how) {
    const channel = fresh('channel');
    const heard: string[] = [];
    redis.on('message', (_channel, text) => heard.push(text));
    await redis.subscribe(channel);
    const published: string[] = [];
    for (let left = how % 4; left > 0; left--) {
      const text = `message ${id()}`;
      if ((await standing.publish(channel, text)) > 0) published.push(text);
    }
    await redis.ping();
    // Whose scope has ended hears nothing any more.
    await redis.ping();
    expect('messages', heard, published);
    if (how % 2) await redis.unsubscribe();
  },
  rename({ redis, id }, how) {
    const words = ['client', 'SETNAME', `renamed-${id()}`] as const;
    return how % 3 ? redis.call(...words) : redis.multi([[...words]]).exec();
  },
  silence({ redis, fresh }, how) {
    redis.call('CLIENT', 'REPLY', how % 2 ? 'SKIP' : 'OFF').catch(noop);
    redis.get(fresh('plain')).catch(noop);
  },
  track: ({ redis }) => redis.client('TRACKING' as 'ID', 'ON' as never),
  /** Who it is, which database, and all that it had begun. */
  reset: ({ redis }, how) => (how % 2 ? redis.reset() : redis.call('Reset')),
  listen({ redis, hear }) {
    redis.on('message', () => hear('message'));
    redis.once('close', () => hear('close'));
  },
  async block({ redis, fresh, expect }, how) {
    const key = fresh('list');
    if (how % 3 === 0) expect('blpop', await redis.blpop(key, 0.05), null);
    // A reader of a stream waits only where it says so.
    else if (how % 6 === 1)
      expect('xread', await redis.xread('BLOCK', 50, 'STREAMS', fresh('stream'), '$'), null);
    else await redis.blpop(key, 0);
  },
  /** It never is. */
  async quit({ redis, expect }, how) {
    expect('quit', await (how % 2 ? redis.quit() : redis.call(how % 4 ? 'quit' : 'QUIT')), 'refused');
  },
  forget({ redis, once, fresh, id, forgets }, how) {
    void redis.get(fresh('plain'));
    forgets(redis.incr(once()));
    if (how % 2) void redis.echo(`forgotten ${id()}`);
  },
  'forget multi'({ redis, once, fresh }, how) {
    if (how % 2) void redis.multi().incr(once()).get(fresh('plain')).exec();
    else void redis.pipeline().incr(once()).get(fresh('plain')).exec();
    if (how % 5 === 0) void redis.eval('return ARGV[1]', 0, 'forgotten');
  },
  'never end': ({ never }, how) => (how % 4 === 0 ? never : undefined),
  ...NESTING,
  unwritable: (stage, how) => UNWRITABLE_ACTS[how % UNWRITABLE_ACTS.length]?.(stage, Math.floor(how / 8)),
  async 'by name'({ redis, fresh, expect }, how) {
    const key = fresh('plain');
    await redis.call(how % 2 ? 'SET' : 'sEt', key, key);
    if (how % 3) expect('get', await redis.call(how % 3 === 1 ? 'GET' : 'get', key), key);
    else expect('encoding', await redis.call(how % 2 ? 'OBJECT' : 'object', 'ENCODING', key), 'embstr');
  },
  'own words': ownWords,
  ...TRANSACTIONS,
  throw: ({ id, throws }, how) => throws(THROWABLE[how % THROWABLE.length]?.(id())),
};

/** What `defineCommand` makes. */
interface Defined {
  increase(key: string, by: number): Promise<number>;
  pipeline(): { increase(key: string, by: number): ReturnType<Redis['pipeline']> };
}

/** Does what the action says; what it throws or rejects with is whatever the client gave it. */
export async function act(stage: Stage, action: Action): Promise<void> {
  await ACTS[action.do](stage, action.how);
}
