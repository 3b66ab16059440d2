import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectError, createWithRedis } from '../../../src/index.js';
import { checkLeaks } from '../../../src/testing/index.js';
import { outcomeOf } from '../../support/harness.js';
import { startRedisServer } from '../../support/redis-server.js';
import { startScriptedServer } from '../../support/scripted-server.js';

describe('a check on a server that hangs', () => {
  /** It shakes hands, and is silent from then on. */
  async function startSilentServer() {
    const server = await startScriptedServer(([name, what]) =>
      name === 'CLIENT' && !what?.startsWith('SET') ? undefined : '+OK\r\n',
    );
    onTestFinished(server.close);
    return server;
  }

  it('rejects within its deadline, before it calls anything', async () => {
    const { url, port } = await startSilentServer();
    let called = 0;
    const { error } = await outcomeOf(checkLeaks(() => (called += 1), { url, deadlineMs: 300 }));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({
      message: `Could not connect to 127.0.0.1:${port}: it accepted the connection, and did not answer within 300 ms`,
    });
    expect(called).toBe(0);
  });

  it('rejects with the reason of its signal', async () => {
    const { url } = await startSilentServer();
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 100);
    expect(await outcomeOf(checkLeaks(() => 1, { url, signal: controller.signal }))).toEqual({
      error: reason,
    });
  });

  it('ends at its deadline where the server hung in the middle of it', async () => {
    const server = await startRedisServer();
    onTestFinished(server.stop);
    const { url } = server;
    const cache = createWithRedis({ url, pool: true, deadlineMs: 50, releaseTimeoutMs: 20 });
    onTestFinished(async () => void (await cache.close({ deadlineMs: 1 })));
    let called = 0;
    const report = await checkLeaks(
      () => {
        if (++called === 30) server.pause();
        return cache((redis) => redis.ping());
      },
      { url, deadlineMs: 1_500, calls: 40 },
    );
    expect(report).toMatchObject({ ok: false, verdict: 'inconclusive', calls: 40 });
    expect(report.reason).toMatch(/^the deadline of 1500 ms was over: 60 of 60 calls had ended/);
  });
});
