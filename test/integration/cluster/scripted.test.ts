import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWithRedis, type ScopedRedis, type WithRedis } from '../../../src/index.js';
import { outcomeOf, sleep } from '../../support/harness.js';
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.js';

/** That of the key `k`. */
const SLOT = 7_629;
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;

type Answer = (command: readonly string[], socket: Socket) => string | undefined;

/** Two nodes, of which the second one owns the slot once it has moved, and nothing but one slot before. */
let moved: boolean;
let answers: [old: Answer, owner: Answer];
/** On this connection nothing is answered before something else is. */
let busy: Socket | undefined;
/** Until then CLUSTER SLOTS is answered LOADING. */
let loadsUntil: number;
let nodes: [ScriptedServer, ScriptedServer];
let cache: WithRedis;

const rangeOf = (from: number, to: number, { port }: ScriptedServer) =>
  `*3\r\n:${from}\r\n:${to}\r\n*3\r\n${bulk('127.0.0.1')}:${port}\r\n${bulk(String(port).padStart(40, '0'))}`;
const map = () => {
  const [old, owner] = nodes;
  return moved
    ? `*2\r\n${rangeOf(0, SLOT - 1, old)}${rangeOf(SLOT, 16_383, owner)}`
    : `*2\r\n${rangeOf(0, 16_382, old)}${rangeOf(16_383, 16_383, owner)}`;
};
const movedReply = () => `-MOVED ${SLOT} 127.0.0.1:${nodes[1].port}\r\n`;

function answer(which: 0 | 1): Answer {
  return (command, socket) => {
    const [name, sub = ''] = command;
    if (socket === busy) return undefined;
    if (name === 'CLUSTER' && sub.toLowerCase() === 'slots')
      return Date.now() < loadsUntil ? '-LOADING Redis is loading the dataset in memory\r\n' : map();
    if (name === 'CLUSTER') return bulk(String(nodes[which].port).padStart(40, '0'));
    return ['PING', 'CLIENT'].includes(name as string) ? '+OK\r\n' : answers[which](command, socket);
  };
}

beforeEach(async () => {
  moved = false;
  busy = undefined;
  loadsUntil = 0;
  nodes = [await startScriptedServer(answer(0)), await startScriptedServer(answer(1))];
});
afterEach(async () => {
  await cache.close();
  for (const node of nodes) await node.close();
});

const create = (options: object, isolation: 'shared' | 'auto' | 'exclusive') => {
  cache = createWithRedis({
    cluster: { nodes: [{ host: '127.0.0.1', port: nodes[0].port }], options },
    isolation: isolation as 'exclusive',
    pool: true,
  });
  return cache;
};

describe('nodes that say what no real one can be brought to at that moment', () => {
  it.each(['shared', 'auto'] as const)(
    'what is about one key keeps its order where the map is renewed between two commands, %s',
    async (isolation) => {
      const order: string[] = [];
      answers = [
        ([name], socket) => {
          if (name !== 'SET') return '+OK\r\n';
          busy = socket;
          setTimeout(() => socket.write(movedReply()), 200);
          return undefined;
        },
        ([name, , value]) => {
          if (name === 'SET') order.push(value as string);
          return '+OK\r\n';
        },
      ];
      const replies = await create(
        { slotsRefreshInterval: 30 },
        isolation,
      )(async (redis) => {
        const first = redis.set('k', 'first');
        await sleep(10);
        moved = true;
        await sleep(120);
        return Promise.all([first, redis.set('k', 'second')]);
      });
      expect(replies).toEqual(['OK', 'OK']);
      expect(order).toEqual(['first', 'second']);
    },
  );

  it('a scope is repeated whose only write never left, though it had read at another node', async () => {
    moved = true;
    answers = [() => '+OK\r\n', () => '+OK\r\n'];
    let attempts = 0;
    const call = create({}, 'shared')(
      async (redis) => {
        attempts += 1;
        await redis.get('b');
        await nodes[1].close();
        return redis.set('k', 'value');
      },
      { retry: { attempts: 2, delayMs: 1 } },
    );
    expect((await outcomeOf(call)).error).toMatchObject({ code: 'ERR_WITH_REDIS_CONNECT' });
    expect(attempts).toBe(2);
  });

  it.each(['wait', 'waitaof'])('%s is refused in an auto scope before it is sent anywhere', async (name) => {
    const heard: string[] = [];
    const hear: Answer = ([sent]) => {
      heard.push(String(sent).toLowerCase());
      return '+OK\r\n';
    };
    answers = [hear, hear];
    const call = create(
      {},
      'auto',
    )(async (redis) => {
      await redis.set('k', 'value');
      return redis.call(name, 1, 1, 1);
    });
    expect((await outcomeOf(call)).error).toMatchObject({ code: 'ERR_WITH_REDIS_STATEFUL_COMMAND' });
    expect(heard).toContain('set');
    expect(heard).not.toContain(name);
  });

  describe('wait behind a write that turns out to belong elsewhere', () => {
    const refused = { code: 'ERR_WITH_REDIS_STATEFUL_COMMAND' };
    beforeEach(() => {
      answers = [
        ([name]) => {
          if (name === 'SET') moved = true;
          return name === 'SET' ? movedReply() : ':1\r\n';
        },
        ([name]) => (name === 'WAIT' ? ':0\r\n' : '+OK\r\n'),
      ];
    });

    it('confirms nothing: no await', async () => {
      const call = create({}, 'exclusive')(
        (redis) => Promise.all([redis.set('k', 1), outcomeOf(redis.wait(1, 10))]),
        { key: 'k' },
      );
      expect(await call).toMatchObject(['OK', { error: refused }]);
    });

    it.each(['scope', 'standing client'])('confirms nothing: pipeline of a %s', async (whose) => {
      const withRedis = create({}, 'exclusive');
      const piece = (redis: Pick<ScopedRedis, 'pipeline'>) => redis.pipeline().set('k', 1).wait(1, 10).exec();
      const replies =
        whose === 'scope' ? await withRedis(piece, { key: 'k' }) : await piece(withRedis.redis as never);
      expect(replies).toMatchObject([[null, 'OK'], [refused]]);
    });

    it('speaks for one that it waits for', async () => {
      const call = create({}, 'exclusive')(
        async (redis) => [await redis.set('k', 1), await redis.wait(1, 10)],
        { key: 'k' },
      );
      expect(await call).toEqual(['OK', 0]);
    });

    it('confirms nothing of what was written at another node before', async () => {
      const call = create({}, 'exclusive')(
        async (redis) => {
          await redis.mset('b', 1);
          await redis.set('k', 1);
          return redis.wait(1, 10);
        },
        { key: 'b' },
      );
      expect((await outcomeOf(call)).error).toMatchObject(refused);
    });
  });

  it.each(['shared', 'exclusive'] as const)(
    'a transaction whose EXEC was lost goes nowhere else, %s',
    async (isolation) => {
      let executed = 0;
      answers = [
        ([name], socket) => {
          if (name === 'EXEC') setTimeout(() => socket.destroy(), 10);
          if (name === 'INCR') moved = true;
          if (name === 'EXEC') return undefined;
          return name === 'INCR' ? movedReply() : '+OK\r\n';
        },
        ([name]) => {
          if (name === 'INCR') executed += 1;
          return name === 'EXEC' ? `*1\r\n:${executed}\r\n` : '+QUEUED\r\n';
        },
      ];
      const call = create({}, isolation)((redis) => redis.multi().incr('k').exec(), { key: 'k' });
      expect((await outcomeOf(call)).error).toMatchObject({ name: 'AbortError' });
      await sleep(50);
      expect(executed).toBe(0);
    },
  );

  it.each(['shared', 'exclusive'] as const)(
    'a natMap that throws at what a server says is what the command is rejected with, %s',
    async (isolation) => {
      answers = [([name]) => (name === 'GET' ? '-MOVED 7629 10.9.9.9:1\r\n' : '+OK\r\n'), () => '+OK\r\n'];
      const natMap = (address: string) => {
        if (address.startsWith('10.')) throw new Error('nobody knows it');
        const [host, port] = address.split(':');
        return { host, port: Number(port) };
      };
      const call = create({ natMap }, isolation)((redis) => redis.get('k'), { key: 'k', deadlineMs: 2_000 });
      expect((await outcomeOf(call)).error).toMatchObject({ message: 'nobody knows it' });
    },
  );

  it('a natMap that leads to nothing is refused by name, and nobody is dialled in its place', async () => {
    answers = [([name]) => (name === 'GET' ? '-MOVED 7629 10.9.9.9:1\r\n' : '+OK\r\n'), () => '+OK\r\n'];
    const natMap = { '10.9.9.9:1': `127.0.0.1:${nodes[1].port}` };
    const call = create({ natMap }, 'shared')((redis) => redis.get('k'), { key: 'k', deadlineMs: 2_000 });
    expect((await outcomeOf(call)).error).toMatchObject({
      message: 'Option natMap must lead 10.9.9.9:1 to { host, port }; received a string',
    });
  });

  it('a command goes elsewhere whose redirection comes together with the reply that ends a WATCH', async () => {
    answers = [
      ([name]) => {
        if (name === 'UNWATCH') return undefined;
        moved = name === 'GET';
        return moved ? `+OK\r\n${movedReply()}` : '+OK\r\n';
      },
      ([name]) => (name === 'GET' ? bulk('value') : '+OK\r\n'),
    ];
    const get = create({}, 'exclusive')(
      async (redis) => {
        await redis.watch('k');
        return Promise.all([redis.unwatch(), redis.get('k')]);
      },
      { key: 'k' },
    );
    expect(await get).toEqual(['OK', 'value']);
  });

  it('nodes that all load when they are asked for the map are waited for, as one server is', async () => {
    answers = [() => bulk('value'), () => '+OK\r\n'];
    loadsUntil = Date.now() + 300;
    const call = create({}, 'shared')((redis) => redis.get('a'), { key: 'a' });
    expect(await call).toBe('value');
    expect(Date.now()).toBeGreaterThanOrEqual(loadsUntil);
    await cache.close();
    loadsUntil = Date.now() + 60_000;
    const late = create({}, 'shared')((redis) => redis.get('a'), { key: 'a', acquireTimeoutMs: 200 });
    expect((await outcomeOf(late)).error).toMatchObject({
      name: 'AcquireTimeoutError',
      message: expect.stringContaining('LOADING'),
    });
  });

  it('a transaction does not follow ASK without the WATCH before it, which is told ASK too', async () => {
    const ask = () => `-ASK ${SLOT} 127.0.0.1:${nodes[1].port}\r\n`;
    answers = [
      ([name]) => {
        if (name === 'EXEC') return '-EXECABORT Transaction discarded because of previous errors.\r\n';
        return name === 'WATCH' || name === 'SET' ? ask() : '+OK\r\n';
      },
      ([name]) => (name === 'EXEC' ? '*1\r\n+OK\r\n' : '+OK\r\n'),
    ];
    const call = create({}, 'exclusive')(
      (redis) => Promise.allSettled([redis.watch('k'), redis.multi().set('k', 'unguarded').exec()]),
      { key: 'k' },
    );
    expect(await call).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(nodes[1].commands.map(([name]) => name)).not.toContain('EXEC');
  });

  it.each(['shared', 'exclusive'] as const)(
    'a command that was given up while it waited to be sent elsewhere is not sent any more, %s',
    async (isolation) => {
      let sent = 0;
      const elsewhere = (other: 0 | 1): Answer => {
        return ([name]) => {
          if (name !== 'SET') return '+OK\r\n';
          sent += 1;
          return `-MOVED ${SLOT} 127.0.0.1:${nodes[other].port}\r\n`;
        };
      };
      answers = [elsewhere(1), elsewhere(0)];
      const call = create({ redisOptions: { commandTimeout: 50 } }, isolation)(
        async (redis) => {
          const { error } = await outcomeOf(redis.set('k', 'late'));
          const before = sent;
          await sleep(300);
          return { error, before, next: await redis.get('k') };
        },
        { key: 'k' },
      );
      expect(await call).toMatchObject({ error: { message: 'Command timed out' }, before: sent, next: 'OK' });
    },
  );

  it.each(['shared', 'auto', 'exclusive'] as const)(
    'a connection that leads to who is not at that address any more is replaced, %s',
    async (isolation) => {
      const old = new Set<Socket>();
      let swapped = false;
      let refused = 0;
      answers = [
        ([name], socket) => {
          if (name !== 'GET') return '+OK\r\n';
          if (!swapped) old.add(socket);
          if (!old.has(socket)) return bulk('value');
          if (!swapped) return bulk('old');
          refused += 1;
          return `-MOVED ${SLOT} 127.0.0.1:${nodes[0].port}\r\n`;
        },
        () => '+OK\r\n',
      ];
      const withRedis = create({}, isolation);
      const get = () => withRedis((redis) => Promise.all([redis.get('k'), redis.get('k')]), { key: 'k' });
      await withRedis(
        async (redis) => {
          expect(await redis.get('k')).toBe('old');
          swapped = true;
          expect(await Promise.all([redis.get('k'), redis.get('k'), get(), get()])).toEqual([
            'value',
            'value',
            ['value', 'value'],
            ['value', 'value'],
          ]);
        },
        { key: 'k' },
      );
      // Each of those that were on their way.
      expect(refused).toBeLessThanOrEqual(6);
      expect(await get()).toEqual(['value', 'value']);
      expect(refused).toBeLessThanOrEqual(6);
    },
  );
});
