import { AsyncLocalStorage } from 'node:async_hooks';
import { Writable } from 'node:stream';
import { Command, type Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatefulCommandError, type WithRedis } from '../../src/index.js';
import { clientOf } from '../support/client-of.js';
import { eventually, outcomeOf, sleep, useInstances, useServer } from '../support/harness.js';
import { ioredisMajor } from '../support/ioredis-major.js';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.js';

const redis = useServer();
const ISOLATIONS = ['exclusive', 'shared', 'auto'] as const;

/** What `querystring.parse()` returns, for one: it has no text. */
const textless = () => Object.assign(Object.create(null), { name: 'x' });

/** Rejections and errors that nobody looked at. */
const unseen: unknown[] = [];
const note = (error: unknown) => void unseen.push(error);
beforeEach(() => {
  unseen.length = 0;
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
});
afterEach(async () => {
  await sleep(5);
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
  expect(unseen).toEqual([]);
});

function revoked(): never {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy as never;
}

type Send = (r: Redis) => unknown;

/** Each way for an argument to reach the wire. */
const UNWRITABLE: readonly [name: string, send: Send][] = [
  ['a command', (r) => r.set('k', textless())],
  ['a pipeline', (r) => r.pipeline().set('a', '1').get('a').set('b', textless()).get('b').exec()],
  ['a transaction', (r) => r.multi().set('a', '1').set('b', textless()).exec()],
  [
    'a script',
    (r) => {
      r.defineCommand('echoed', { numberOfKeys: 0, lua: 'return ARGV[1]' });
      return (r as unknown as { echoed(arg: unknown): unknown }).echoed(textless());
    },
  ],
  ['a transformed argument', (r) => r.hset('h', { field: textless() })],
  ['a command made by hand', (r) => r.sendCommand(new Command('set', ['k', textless()]))],
  ['a transformed proxy that was revoked', (r) => r.hset('h', { field: revoked() })],
  ['a name that is none', (r) => r.call(undefined as never)],
  ['a symbol that has no text of its own', (r) => r.set('k', { [Symbol.toPrimitive]: () => ({}) } as never)],
];

describe.each(ISOLATIONS)('G. wrong data, %s', (isolation) => {
  const create = useInstances(() => ({ url: redis.url, pool: true, isolation, maxConnections: 2 }));

  it.each(UNWRITABLE)(
    '60, 61. %s that cannot be written is refused, and shifts nobody’s reply',
    async (_name, send) => {
      const withRedis = create();
      await withRedis((r) => r.mset('alice', 'alice’s', 'bob', 'bob’s'));
      const say = (who: string) => withRedis(async (r) => [await r.get(who), await r.echo(who)]);
      const others = ['alice', 'bob', 'alice'].map(say);
      const { error } = await outcomeOf(withRedis((r) => send(r as unknown as Redis) as Promise<unknown>));
      expect(error).toBeInstanceOf(TypeError);
      others.push(...['bob', 'alice'].map(say));
      expect(await Promise.all(others)).toEqual(
        ['alice', 'bob', 'alice', 'bob', 'alice'].map((who) => [`${who}’s`, who]),
      );
    },
  );

  it('61. nobody has to look at the rejection', async () => {
    const withRedis = create();
    await withRedis((r) => {
      void r.set('k', textless());
      void r.pipeline().set('k', textless()).exec();
      void r.multi().set('k', textless()).exec();
    });
  });

  it('60. a throw between queue and wire closes the connection', async () => {
    const withRedis = create();
    const { error } = await outcomeOf(
      withRedis(async (r) => {
        await r.ping();
        const command = new Command('set', ['k', 'v']) as Command & { toWritable(): never };
        command.toWritable = () => {
          throw new RangeError('Invalid string length');
        };
        return r.sendCommand(command as never);
      }),
    );
    expect(error).toBeInstanceOf(RangeError);
    expect(await withRedis((r) => r.echo('mine'))).toBe('mine');
    expect(withRedis.stats().destroyed).toEqual({ lost: 1 });
  });

  it('69. a transaction inside a pipeline is one, also with a callback', async () => {
    const withRedis = create();
    const replies = await withRedis((r) => {
      type Name = 'set' | 'multi' | 'incr' | 'exec' | 'get';
      type Pipeline = { [N in Name]: (...args: unknown[]) => Pipeline } & PromiseLike<
        [Error | null, unknown][]
      >;
      const pipeline = r.pipeline() as unknown as Pipeline;
      return pipeline.set('n', 1).multi().incr('n').exec().get('n').exec();
    });
    expect(replies.map(([error, reply]) => error ?? reply)).toEqual(['OK', 'OK', 'QUEUED', [2], '2']);
    const called = await withRedis(
      (r) =>
        new Promise(
          (resolve) =>
            void r
              .multi()
              .incr('n')
              .exec((_error, result) => resolve(result)),
        ),
    );
    expect(called).toEqual([[null, 3]]);
  });

  it('a script that the server has forgotten is sent again, beside other commands too', async () => {
    const scripts = { said: { numberOfKeys: 1, lua: 'return ARGV[1]' } };
    const withRedis = create({ redis: { scripts }, maxConnections: 2 });
    type Said = { said(key: string, text: string): Promise<string> };
    const alone = () => withRedis((r) => (r as unknown as Said).said('k', 'alone'));
    const besides = () =>
      withRedis((r) => {
        const { said } = r as unknown as Said;
        return Promise.all([r.echo('one'), said.call(r, 'k', 'two'), said.call(r, 'k', 'three')]);
      });
    for (const forget of [false, true, true]) {
      if (forget) await withRedis((r) => r.script('FLUSH'));
      expect(await besides()).toEqual(['one', 'two', 'three']);
      if (forget) await withRedis((r) => r.script('FLUSH'));
      expect(await alone()).toBe('alone');
      expect(await besides()).toEqual(['one', 'two', 'three']);
    }
  });

  it('74. promises that ioredis derives need nobody to look at them', async () => {
    const withRedis = create();
    await outcomeOf(
      withRedis(async (r) => {
        const { stream } = clientOf(r);
        r.defineCommand('slow', { numberOfKeys: 0, lua: 'return 1' });
        void r.multi().set('a', 1).exec();
        void r.pipeline().set('a', 1).exec();
        void (r as unknown as { slow(): unknown }).slow();
        void r.scanStream().read();
        stream.destroy();
        await sleep(5);
      }),
    );
  });
});

describe('G. wrong data, shared', () => {
  const create = useInstances(() => ({ url: redis.url, isolation: 'shared', pool: true }));

  it('70. what follows a refused MULTI is refused with it, up to its EXEC', async () => {
    const withRedis = create();
    await withRedis(async (r) => {
      await r.set('counter', 1);
      const commands = [r.multi({ pipeline: false }), r.incr('counter'), r.pipeline().incr('counter').exec()];
      const open = r as unknown as Redis;
      for (const outcome of await Promise.all([...commands, open.exec()].map((each) => outcomeOf(each)))) {
        expect(outcome.error).toBeInstanceOf(StatefulCommandError);
      }
      expect(await r.get('counter')).toBe('1');
    });
  });

  it('70. nor does a transaction run without the WATCH that was refused', async () => {
    const withRedis = create();
    await withRedis(async (r) => {
      await r.set('counter', 1);
      const watched = outcomeOf((r as unknown as Redis).watch('counter'));
      const { error } = await outcomeOf(r.multi().incr('counter').exec());
      expect((await watched).error).toBeInstanceOf(StatefulCommandError);
      expect(error).toBeInstanceOf(StatefulCommandError);
      expect(await r.multi().incr('counter').exec()).toEqual([[null, 2]]);
    });
  });
});

/** A server that answers as Redis does, but for what the test has it say. */
async function startOddServer(odd: (name: string, answer: string) => string): Promise<ScriptedServer> {
  return startScriptedServer(([name = '', ...args]) => {
    if (name === 'PING') return odd(name, args[0] ? `$${args[0].length}\r\n${args[0]}\r\n` : '+PONG\r\n');
    if (name === 'GET') return odd(name, `$${args[0]?.length}\r\n${args[0]}\r\n`);
    if (name === 'HELLO') return '%1\r\n$5\r\nproto\r\n:3\r\n';
    return odd(name, '+OK\r\n');
  });
}

describe('G. servers that are out of step', () => {
  const create = useInstances();
  const servers: ScriptedServer[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
  const start = async (odd: (name: string, answer: string) => string) => {
    const server = await startOddServer(odd);
    servers.push(server);
    return server;
  };

  it.each(ISOLATIONS)('68. a reply too many ends the connection, %s', async (isolation) => {
    let extra = '';
    const { url } = await start((name, answer) => (name === 'GET' ? answer + extra : answer));
    const withRedis = create({ url, pool: true, isolation });
    expect(await withRedis((r) => r.get('first'))).toBe('first');
    extra = '$5\r\nSTRAY\r\n';
    await outcomeOf(withRedis((r) => r.get('second')));
    extra = '';
    expect(await withRedis((r) => r.get('third'))).toBe('third');
    expect(withRedis.stats().created).toBe(2);
  });

  it('68. so does anything that comes while it is idle', async () => {
    const withRedis = create({ url: redis.url, pool: true });
    const client = await withRedis((r) => clientOf(r));
    client.stream.emit('data', Buffer.from('+STRAY\r\n'));
    await eventually(
      () => withRedis.stats().destroyed.lost,
      (lost) => lost === 1,
    );
  });

  it('68. a connection whose replies are a step off does not pass for a healthy one', async () => {
    const asked: unknown[] = [];
    let before = '';
    const server = await startScriptedServer(([name, ...args], socket) => {
      if (!asked.includes(socket)) asked.push(socket);
      const value = args[0] ?? 'PONG';
      const answer = name === 'PING' || name === 'GET' ? `$${value.length}\r\n${value}\r\n` : '+OK\r\n';
      if (socket !== asked[0] || before === '') return answer;
      const said = before;
      before = answer;
      return said;
    });
    servers.push(server);
    const withRedis = create({ url: server.url, pool: { validateAfterIdleMs: 1 } });
    await withRedis((r) => r.get('a'));
    await sleep(20);
    before = '+OK\r\n';
    expect(await withRedis((r) => r.get('mine'))).toBe('mine');
    expect(withRedis.stats()).toMatchObject({ created: 2, destroyed: { unhealthy: 1 } });
  });

  it('68. a shard that leaves while its subscription is ended gives nobody the reply to something else', async () => {
    const gone = '*3\r\n$12\r\nsunsubscribe\r\n$4\r\nnews\r\n:0\r\n';
    let late = '';
    const { url } = await start((name, answer) => {
      if (name === 'SSUBSCRIBE') return '*3\r\n$10\r\nssubscribe\r\n$4\r\nnews\r\n:1\r\n';
      const before = late;
      // The server's own word first; the reply, to the same effect, comes when something else is asked.
      late = name === 'SUNSUBSCRIBE' ? gone.replace('$4\r\nnews', '$-1') : '';
      return name === 'SUNSUBSCRIBE' ? gone : before + answer;
    });
    const withRedis = create({ url, pool: true, maxConnections: 1 });
    await withRedis((r) => r.ssubscribe('news'));
    expect(await withRedis((r) => r.get('mine'))).toBe('mine');
    await withRedis((r) => r.ssubscribe('news').then(() => r.sunsubscribe()));
    expect(await withRedis((r) => r.get('mine'))).toBe('mine');
  });

  const ODD_REPLIES = [
    ':5\r\n',
    '*0\r\n',
    '*1\r\n$-1\r\n',
    '$-1\r\n',
    '*3\r\n$9\r\nsubscribe\r\n$-1\r\n:1\r\n',
  ];
  it.each(ODD_REPLIES)(
    '62. what ioredis throws over a reply to SUBSCRIBE ends the connection, and the wait for it: %j',
    async (odd) => {
      const { url } = await start((name, answer) => (name === 'SUBSCRIBE' ? odd : answer));
      const withRedis = create({ url, pool: true });
      const { error } = await outcomeOf(withRedis((r) => r.subscribe('news')));
      expect(error).toHaveProperty('commands', [{ name: 'subscribe', status: 'in-doubt' }]);
      expect(await withRedis((r) => r.get('mine'))).toBe('mine');
    },
  );

  it.runIf(ioredisMajor === 6)('62. nor over frames that answer nothing', async () => {
    const frames = '>1\r\n$9\r\nsubscribe\r\n>2\r\n$7\r\nmessage\r\n$-1\r\n';
    const { url } = await start((name, answer) => (name === 'GET' ? frames + answer : answer));
    const withRedis = create({ url, pool: true, redis: { protocol: 3 } as object });
    await outcomeOf(withRedis((r) => Promise.race([r.get('mine'), sleep(100)])));
  });

  it.each([
    ['at once', (fail: () => void) => fail()],
    ['a tick later', (fail: () => void) => process.nextTick(fail)],
    ['by a stream', () => void new Writable().destroy(new Error('a bug'))],
  ])(
    '68. what a listener of the user throws %s is heard of, and the subscription lives on',
    async (_, throwing) => {
      const { nextTick } = process;
      const heard: string[] = [];
      const withRedis = create({ url: redis.url, pool: true });
      // Those of the test runner would take it for a failure of the test.
      const others = process.listeners('uncaughtException').filter((each) => each !== note);
      for (const each of others) process.off('uncaughtException', each);
      await withRedis(async (r) => {
        r.on('message', (_channel, message) => {
          heard.push(message);
          throwing(() => {
            throw new Error('a bug');
          });
        });
        await r.subscribe('channel');
        for (const message of ['one', 'two']) {
          await redis.observer.command('PUBLISH', 'channel', message);
          await eventually(
            () => [heard.at(-1), unseen.length],
            ([last, count]) => last === message && count === heard.length,
          );
        }
        await r.unsubscribe('channel');
        expect(await r.ping()).toBe('PONG');
      });
      for (const each of others) process.on('uncaughtException', each);
      expect(heard).toEqual(['one', 'two']);
      expect(unseen.splice(0)).toMatchObject([{ message: 'a bug' }, { message: 'a bug' }]);
      expect(process.nextTick).toBe(nextTick);
    },
  );

  it('62. subscriptions inside a transaction end no process', async () => {
    const withRedis = create({ url: redis.url, pool: true, redis: { protocol: 3 } as object });
    const subscribing = withRedis((r) => r.multi().ssubscribe('a', 'b').exec(), { deadlineMs: 300 });
    // ioredis 5 throws nothing; it waits for a reply more than there are.
    const name = ioredisMajor === 6 ? 'AbortError' : 'DeadlineExceededError';
    expect(await outcomeOf(subscribing)).toMatchObject({ error: { name } });
    expect(await withRedis((r) => r.echo('mine'))).toBe('mine');
  });
});

describe('J. auto', () => {
  const create = useInstances(() => ({ url: redis.url, isolation: 'auto', pool: true, maxConnections: 3 }));

  it('95. commands that wait while a scope moves keep the context they were issued in', async () => {
    const withRedis: WithRedis<'auto'> = create() as never;
    const context = new AsyncLocalStorage<string>();
    await withRedis(async (r) => {
      const seen: unknown[] = [];
      const watching = r.watch('a');
      const { sendCommand } = Object.getPrototypeOf(clientOf(r)) as {
        sendCommand(...args: unknown[]): unknown;
      };
      const prototype = Object.getPrototypeOf(clientOf(r));
      prototype.sendCommand = function (this: unknown, command: { name: string }, ...rest: unknown[]) {
        if (command.name === 'get') seen.push(context.getStore());
        return sendCommand.call(this, command, ...rest);
      };
      try {
        const replies = ['one', 'two'].map((name) => context.run(name, () => r.get(name)));
        await Promise.all([watching, ...replies]);
      } finally {
        prototype.sendCommand = sendCommand;
      }
      expect(seen).toEqual(['one', 'two']);
    });
  });

  it('95. CLIENT ID names the connection that the scope goes on with', async () => {
    const withRedis = create();
    await withRedis(async (r) => {
      await r.ping();
      const id = await r.client('ID');
      await r.watch('a');
      expect(await r.client('ID')).toBe(id);
    });
  });
});
