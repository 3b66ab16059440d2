import { expect, it } from 'vitest';
import type { Command } from '../../../src/connection/client.js';
import type { Connection } from '../../../src/connection/connection.js';
import { ConnectionState } from '../../../src/connection/connection-state.js';
import { reset } from '../../../src/connection/reset.js';
import { FakeClock } from '../../support/fake-clock.js';

const silent = () => new Promise<never>(() => {});

/** Commands that were not awaited, and a server that does not answer any more. */
function muteConnection(...inFlight: string[]) {
  const commands = inFlight.map((name) => ({ command: { name } }));
  return {
    client: { commandQueue: { toArray: () => commands } },
    send: silent,
    homeDb: 0,
    flaw: undefined,
    whenAnswered: () => (inFlight.length > 0 ? silent() : Promise.resolve(true)),
  } as unknown as Connection;
}

function watching(): ConnectionState {
  const state = new ConnectionState();
  state.note({ name: 'watch', args: [], promise: Promise.resolve('OK') } as unknown as Command, 'watch');
  return state;
}

async function late(connection: Connection, state: ConnectionState | undefined) {
  const clock = new FakeClock();
  const report = reset(connection, state, true, clock, 400);
  await new Promise(setImmediate);
  clock.advance(400);
  return report;
}

it('says which commands had no reply by the end of its time', async () => {
  const { verdict, inFlight, failure } = await late(muteConnection('get', 'incr'), undefined);
  expect({ verdict, inFlight }).toEqual({ verdict: 'inFlight', inFlight: ['get', 'incr'] });
  expect(failure?.message).toBe('no reply to get, incr');
});

it('says what its time was where undoing took longer', async () => {
  const { verdict, inFlight, failure } = await late(muteConnection(), watching());
  expect({ verdict, inFlight }).toEqual({ verdict: 'dirty', inFlight: [] });
  expect(failure?.message).toBe('the release took longer than 400 ms');
});
