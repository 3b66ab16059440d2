import { expect, it } from 'vitest';
import { Instance } from '../../../src/instance/instance.js';
import { readOptions } from '../../../src/options/settings.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeConnections } from '../../support/fake-connections.js';
import { runOn } from '../../support/run-on.js';

it('gives a shared connection back that replaced a lost one while that was kept for a moment', async () => {
  const clock = new FakeClock();
  const connections = new FakeConnections(
    async (_label, produce) => produce(),
    () => false,
  );
  const settings = readOptions({ url: 'redis://fake', pool: true, isolation: 'shared' });
  const instance = new Instance(settings, { clock, random: () => 0.5, createDriver: () => connections });
  await runOn(instance, () => {});
  for (const connection of connections.live) connections.lose(connection);
  await runOn(instance, () => {});
  expect(instance.stats()).toMatchObject({ created: 2, borrowed: 1 });
  for (let moment = 0; moment < 3; moment++) clock.advance(50);
  expect(instance.stats()).toMatchObject({ borrowed: 0, idle: 1 });
  await instance.close({ deadlineMs: 10 });
});
