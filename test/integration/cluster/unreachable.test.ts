import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ConnectError } from '../../../src/index.js';
import { compileProgram } from '../../support/child-program.js';
import { findFreePort } from '../../support/free-port.js';
import { eventually, outcomeOf, useInstances, useServer } from '../../support/harness.js';
import { startMuteServer } from '../../support/mute-server.js';
import { startScriptedServer } from '../../support/scripted-server.js';

const create = useInstances();
const lonely = useServer();
const onKey = { key: 'a' };

it('56. seeds that are down or mute: an abort, a deadline and close() end every call at once, and nothing stays', async () => {
  const mute = await startMuteServer();
  const down = await findFreePort();
  const withRedis = create({
    cluster: { nodes: [down, mute.url], options: { slotsRefreshTimeout: 60_000 } },
  });
  const controller = new AbortController();
  const calls = [
    withRedis((r) => r.ping(), { ...onKey, signal: controller.signal, isolation: 'exclusive' }),
    withRedis((r) => r.ping(), { signal: controller.signal, isolation: 'shared' }),
    withRedis((r) => r.ping(), { signal: controller.signal, isolation: 'auto' }),
  ].map(outcomeOf);
  await eventually(
    () => mute.open,
    (open) => open > 0,
  );
  const abortedAt = performance.now();
  controller.abort('enough');
  expect(await Promise.all(calls)).toEqual(Array(3).fill({ error: 'enough' }));
  // Nobody wants the answer any more, so nobody waits for it either.
  await eventually(
    () => mute.open,
    (open) => open === 0,
  );
  const { error } = await outcomeOf(withRedis((r) => r.ping(), { ...onKey, deadlineMs: 100 }));
  expect(error).toMatchObject({ code: 'ERR_WITH_REDIS_DEADLINE_EXCEEDED', phase: 'connect' });
  const last = outcomeOf(withRedis((r) => r.ping(), onKey));
  await withRedis.close();
  expect((await last).error).toMatchObject({ code: 'ERR_WITH_REDIS_CLOSED' });
  // ioredis's own Cluster hangs for ever; this is to tell a hang from an answer.
  expect(performance.now() - abortedAt).toBeLessThan(5_000);
  await eventually(
    () => mute.open,
    (open) => open === 0,
  );
  await mute.close();
});

it('nodes that do not answer are named, and no limit that nobody has set', async () => {
  const mute = await startMuteServer();
  const withRedis = create({ cluster: { nodes: [mute.url], options: { slotsRefreshTimeout: 150 } } });
  const { error } = await outcomeOf(withRedis((r) => r.ping(), onKey));
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({ permanent: false, message: expect.stringContaining('did not answer') });
  await mute.close();
});

it('a node that hangs up when it is asked is named, with the reason', async () => {
  const rude = await startScriptedServer(([name], socket) => {
    if (name === 'CLUSTER') socket.destroy();
    return '+PONG\r\n';
  });
  const withRedis = create({ cluster: { nodes: [rude.url] } });
  const { error } = await outcomeOf(withRedis((r) => r.ping(), onKey));
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({ permanent: false, message: expect.stringContaining(String(rude.port)) });
  await rude.close();
});

it('56. a process that cannot reach any seed ends by itself', async () => {
  const program = await compileProgram(fileURLToPath(new URL('../process/program.ts', import.meta.url)));
  const ended = await program.run(['a server that is down', lonely.url], {
    env: { WITH_REDIS_TEST_BACKEND: 'cluster' },
  });
  expect(ended).toMatchObject({ code: 0, signal: null, stdout: '', stderr: '' });
  await program.remove();
});

it('a server without a cluster is named, with the reason', async () => {
  const withRedis = create({ cluster: { nodes: [lonely.url] } });
  const { error } = await outcomeOf(withRedis((r) => r.ping(), onKey));
  expect(error).toBeInstanceOf(ConnectError);
  expect((error as Error).message).toContain(String(lonely.server.port));
  expect((error as Error).message).toContain('cluster support disabled');
});
