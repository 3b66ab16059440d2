import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildProgram, compileProgram, type Ended } from '../support/child-program.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { eventually, SOURCES, sleep, useServer } from '../support/harness.js';

/** What only a process of its own can show. */
describe.each(SOURCES)('pitfalls that end, block or stop a process, $source', ({ pool }) => {
  const redis = useServer();
  let program: ChildProgram;
  let proxy: FaultProxy;
  beforeAll(async () => {
    proxy = await startFaultProxy(redis.server);
    program = await compileProgram(
      fileURLToPath(new URL('../integration/process/program.ts', import.meta.url)),
    );
  });
  afterAll(async () => {
    await program.remove();
    await proxy.close();
  });

  const options = JSON.stringify({ pool });
  const run = (name: string, url = redis.url) =>
    program.run([name, url, options], { env: { REDIS_URL: url } });
  const findSaid = ({ said }: Ended, property: string) => said.find((each) => property in each);
  const expectSilence = ({ code, signal, stdout, stderr }: Ended) =>
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });

  it('12. a factory that fails at once starves nothing: an interval keeps ticking', async () => {
    const ended = await run('ticks under failing factories');
    expectSilence(ended);
    const { ticks, calls, cpuMs, pending } = findSaid(ended, 'ticks') as Record<string, number>;
    expect(ticks).toBeGreaterThan(20);
    expect(calls).toBeGreaterThan(20);
    expect(cpuMs).toBeLessThan(400);
    expect(pending).toBe(0);
  });

  it('32. commands whose await was forgotten do not end the process', async () => {
    expectSilence(await run('forgotten commands'));
    expectSilence(await run('forgotten scan streams'));
  });

  it('39. SUBSCRIBE in capitals subscribes, and does not crash', async () => {
    const ended = await run('SUBSCRIBE in capitals');
    expectSilence(ended);
    expect(findSaid(ended, 'heard')).toEqual({ heard: ['hello'] });
  });

  it('54. the process ends by itself, without close()', async () => {
    const ended = await run('many scopes');
    expectSilence(ended);
    expect(findSaid(ended, 'exitedAfterMs')?.exitedAfterMs).toBeLessThan(1_500);
  });

  it('55. nothing is printed, whatever fails', async () => {
    for (const name of ['refused', 'killed', 'an abort storm']) expectSilence(await run(name));
  });

  it('58. twenty copies of the module share one default instance, and its bound', async () => {
    let most = 0;
    let watching = true;
    const watch = (async () => {
      while (watching) most = Math.max(most, (await redis.clients()).length);
    })();
    const ended = await run('twenty copies of the module');
    watching = false;
    await watch;
    expectSilence(ended);
    expect(findSaid(ended, 'copies')).toEqual({ copies: 20 });
    expect(findSaid(ended, 'afterClose')).toMatchObject({
      afterClose: { code: 'ERR_WITH_REDIS_CLOSED' },
      elsewhere: 'PONG',
    });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(10);
    expect(await redis.clients()).toEqual([]);
  });

  it('59. after a freeze in which the connections died, the next call is quick', async () => {
    const { process, said, ended } = program.start(['frozen and thawed', proxy.url, options]);
    await said('warm');
    process.kill('SIGSTOP');
    const frozen = proxy.freeze();
    await sleep(1_500);
    process.kill('SIGCONT');
    const { value, tookMs } = await said('tookMs');
    expect(value).toBe('PONG');
    expect(tookMs).toBeLessThan(1_500);
    expectSilence(await ended);
    frozen.end();
    await eventually(redis.clients, (clients) => clients.length === 0);
  });
});
