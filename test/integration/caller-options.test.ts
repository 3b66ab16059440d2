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
  });
});
