import { expect, it } from 'vitest';
import { AcquireTimeoutError } from '../../../src/index.js';
import { Instance } from '../../../src/instance/instance.js';
import { readOptions } from '../../../src/options/settings.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeConnections } from '../../support/fake-connections.js';
import { outcomeOf, sleep } from '../../support/harness.js';

// Limits of calls end at whole milliseconds, and so up to one later than they say.
it.each([0, 0.5])(
  'gives up no dial before the wait that it is for, and begins none after it, at %s ms',
  async (at) => {
    const clock = new FakeClock();
    clock.advance(at);
    const connections = new FakeConnections(
      () => new Promise(() => {}),
      () => false,
      clock,
    );
    const settings = readOptions({ url: 'redis://fake', pool: true, acquireTimeoutMs: 50 });
    const instance = new Instance(settings, { clock, random: () => 0.5, createDriver: () => connections });
    const outcome = outcomeOf(instance.run(undefined, () => {}));
    for (let ms = 0; ms < 60; ms += 0.5) {
      clock.advance(0.5);
      await sleep(0);
    }
    expect((await outcome).error).toBeInstanceOf(AcquireTimeoutError);
    expect(connections.dials).toBe(1);
  },
);
