import { describe, expect, it } from 'vitest';
import type { DriverSettings } from '../../../src/adapters/driver.js';
import type { Connection } from '../../../src/connection/connection.js';
import { AcquireTimeoutError } from '../../../src/index.js';
import { Instance } from '../../../src/instance/instance.js';
import { readOptions, type Settings } from '../../../src/options/settings.js';
import { Ledger, type Resource } from '../../../src/pool/ledger.js';
import { Opener } from '../../../src/pool/opener.js';
import { Permits } from '../../../src/pool/permits.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeConnections } from '../../support/fake-connections.js';
import { outcomeOf, sleep } from '../../support/harness.js';
import { runOn } from '../../support/run-on.js';

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
    const outcome = outcomeOf(runOn(instance, () => {}));
    for (let ms = 0; ms < 60; ms += 0.5) {
      clock.advance(0.5);
      await sleep(0);
    }
    expect((await outcome).error).toBeInstanceOf(AcquireTimeoutError);
    expect(connections.dials).toBe(1);
  },
);

const DIALS: [string, instance: object, call: object, boundMs: number][] = [
  ['says more than the instance, and waits for one dial', {}, { acquireTimeoutMs: 50 }, 50],
  ['says less: a dial goes on for others', {}, { acquireTimeoutMs: 5 }, 10],
  ['says no limit, and has a deadline', {}, { acquireTimeoutMs: Infinity, deadlineMs: 50 }, 50],
  [
    'has more time than the deadline of the instance',
    { deadlineMs: 5 },
    { deadlineMs: 50, acquireTimeoutMs: 45 },
    45,
  ],
];
it('connections that outlive their time unused are no reason to wait before the next dial', async () => {
  const clock = new FakeClock();
  let dials = 0;
  const opener = new Opener<Resource>({
    driver: {
      dial: () => {
        dials += 1;
        return { promise: Promise.resolve({ state: 'idle', lent: 0, flaw: undefined }), abort: () => {} };
      },
      close: async () => {},
    },
    permits: new Permits(1, 1),
    ledger: new Ledger(),
    clock,
    dialTimeoutMs: () => 1_000,
    onOpen: () => {},
    onClose: () => {},
  });
  for (let round = 1; round <= 8; round += 1) {
    const { promise } = opener.open();
    expect(dials).toBe(round);
    const resource = await promise;
    clock.advance(300);
    await opener.close(resource, 'maxLifetime');
  }
});

/** An instance whose dials never end, and the bound that each of them was begun with. */
function dialsForEver(clock: FakeClock, settings: Settings) {
  const bounds: number[] = [];
  const never = new FakeConnections(
    () => new Promise(() => {}),
    () => false,
    clock,
  );
  const createDriver = ({ dialTimeoutMs }: DriverSettings) => ({
    dial: () => {
      bounds.push(dialTimeoutMs());
      return never.dial();
    },
    close: (connection: Connection) => never.close(connection),
  });
  const instance = new Instance(settings, { clock, random: () => 0.5, createDriver });
  return { instance, bounds };
}

it('a dial for a call beside one without a limit is as patient as that call', async () => {
  const clock = new FakeClock();
  const settings = readOptions({ url: 'redis://fake', pool: true, acquireTimeoutMs: 10 });
  const { instance, bounds } = dialsForEver(clock, settings);
  const controller = new AbortController();
  const calls = [Infinity, 20_000].map((acquireTimeoutMs) =>
    outcomeOf(
      runOn(instance, () => {}, { signal: controller.signal, acquireTimeoutMs, deadlineMs: Infinity }),
    ),
  );
  await sleep(0);
  controller.abort('enough');
  expect(await Promise.all(calls)).toEqual([{ error: 'enough' }, { error: 'enough' }]);
  expect(bounds).toEqual([10_000, 20_000]);
});

describe.each(['exclusive', 'shared'] as const)('a dial for a call, %s, that', (isolation) => {
  it.each(DIALS)('%s', async (_, instanceSays, callSays, boundMs) => {
    const clock = new FakeClock();
    const settings = readOptions({
      url: 'redis://fake',
      pool: true,
      acquireTimeoutMs: 10,
      ...instanceSays,
      isolation,
    });
    const { instance, bounds } = dialsForEver(clock, settings);
    const outcome = outcomeOf(runOn(instance, () => {}, callSays));
    for (let ms = 0; ms < 50; ms += 1) {
      clock.advance(1);
      await sleep(0);
    }
    clock.advance(5);
    await outcome;
    expect(bounds).toEqual([boundMs]);
  });
});
