import { connect, type Socket } from 'node:net';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { clientOf } from '../support/client-of.js';
import { SOURCES, useInstances, useServer } from '../support/harness.js';

const redis = useServer();

describe.each(SOURCES)('what a caller says of the socket, $source', ({ pool }) => {
  const create = useInstances(() => ({ url: redis.url, pool }));

  it('a Connector of the caller opens it', async () => {
    const opened: Socket[] = [];
    class Connector extends AbstractConnector {
      constructor(readonly options: unknown) {
        super(100);
      }

      async connect(): Promise<Socket> {
        this.connecting = true;
        const { host, port } = this.options as RedisOptions;
        const socket = connect(port as number, host as string);
        this.stream = socket;
        opened.push(socket);
        return socket;
      }
    }
    const withRedis = create({ redis: { Connector } });
    expect(await withRedis((r) => r.ping())).toBe('PONG');
    expect(opened).toHaveLength(1);
  });

  it('a connectTimeout of the caller counts; else the wait is the only bound of a dial', async () => {
    const timeoutOf = (options: RedisOptions) =>
      create({ redis: options })((r) => clientOf(r).options.connectTimeout);
    expect(await timeoutOf({ connectTimeout: 1_234 })).toBe(1_234);
    expect(await timeoutOf({})).toBe(0);
    expect(await timeoutOf({ connectTimeout: Number.POSITIVE_INFINITY })).toBe(0);
  });

  it.each([
    'connectTimeout',
    'commandTimeout',
    'socketTimeout',
    'blockingTimeout',
    'blockingTimeoutGrace',
    'keepAlive',
  ])('a %s longer than timers can count, or without end, ends nothing', async (name) => {
    const warnings: string[] = [];
    const note = ({ message }: Error) => warnings.push(message);
    process.on('warning', note);
    for (const longest of [Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 31 - 1]) {
      const options = { blockingTimeout: 60_000, [name]: longest };
      const withRedis = create({ redis: options });
      expect(await withRedis((r) => r.eval('for i = 1, 300000 do end return 1', 0))).toBe(1);
      const taken = withRedis((r) => r.blpop(`list:${name}`, 5));
      await withRedis((r) => r.blpop('other', 0.02));
      await withRedis((r) => r.rpush(`list:${name}`, 'one'));
      expect(await taken).toEqual([`list:${name}`, 'one']);
    }
    const url = `${redis.url}?${name}=5`;
    const shown = await create({ url, redis: { [name]: Number.POSITIVE_INFINITY } })((r) => r.options);
    expect((shown as Record<string, unknown>)[name]).not.toBe(5);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});
