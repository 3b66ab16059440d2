import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Client, Command } from '../../../src/connection/client.js';
import { Connection } from '../../../src/connection/connection.js';
import { Generation } from '../../../src/connection/generation.js';
import { defer } from '../../../src/core/outcome.js';
import { FakeClock } from '../../support/fake-clock.js';

function connected() {
  const clock = new FakeClock();
  const generation = new Generation(clock);
  const stream = Object.assign(new EventEmitter(), { writable: true, ref() {}, unref() {} });
  const queue: { command: { promise: Promise<unknown> } }[] = [];
  const commandQueue = {
    get length() {
      return queue.length;
    },
    toArray: () => [...queue],
  };
  const sendCommand = (command: { promise: Promise<unknown> }) => {
    queue.push({ command });
    return command.promise;
  };
  const client = Object.assign(new EventEmitter(), { status: 'ready', stream, commandQueue, sendCommand });
  const connection = new Connection({
    client: client as unknown as Client,
    send: () => new Promise(() => {}),
    homeDb: 0,
    maxLifetimeMs: 1_000,
    options: {},
    otherOptions: [],
    clock,
    generation,
    bornIn: generation.current,
    incoming: undefined,
    roundTripMs: 0,
  });
  return { clock, generation, stream, client, queue, connection };
}

function demote(generation: Generation): void {
  const error = Object.assign(new Error("READONLY You can't write"), { name: 'ReplyError' });
  generation.judge(generation.current, error);
}

type World = ReturnType<typeof connected>;

describe('why a connection is not lent again', () => {
  it('has none as long as it is what it was', () => {
    expect(connected().connection.flaw).toBeUndefined();
  });

  // Each by itself: they come one after the other, and each is first somewhere.
  it.each<{ sign: string; happens: (world: World) => void; flaw: string }>([
    { sign: 'its socket closed', happens: ({ stream }) => void stream.emit('close'), flaw: 'lost' },
    {
      sign: 'ioredis is done with it',
      happens: ({ client }) => void Object.assign(client, { status: 'close' }),
      flaw: 'lost',
    },
    {
      sign: 'the server ended its half',
      happens: ({ stream }) => void Object.assign(stream, { writable: false }),
      flaw: 'lost',
    },
    { sign: 'there is another master', happens: ({ generation }) => demote(generation), flaw: 'unhealthy' },
    { sign: 'its time is over', happens: ({ clock }) => clock.advance(1_000), flaw: 'maxLifetime' },
  ])('$sign', ({ happens, flaw }) => {
    const world = connected();
    happens(world);
    expect(world.connection.flaw).toBe(flaw);
  });

  it('that it is lost comes before all else', () => {
    const world = connected();
    demote(world.generation);
    world.clock.advance(1_000);
    world.stream.emit('close');
    expect(world.connection.flaw).toBe('lost');
  });
});

it('commands that a loss cut short stay unanswered, and what they fail with is known', async () => {
  const { stream, queue, connection } = connected();
  const error = new Error('Connection is closed.');
  const { promise, reject } = defer<never>();
  connection.write({ name: 'get', promise } as unknown as Command, undefined, undefined);
  stream.emit('close');
  queue.length = 0;
  reject(error);
  // As soon as anybody hears of it.
  await promise.catch((heard) => expect(connection.lostWith(heard)).toBe(true));
  expect(connection.unanswered).toBe(1);
  expect(connection.lostWith(new Error('Connection is closed.'))).toBe(false);
});

it('whoever has it is told of the loss, and whoever keeps it where nobody has', async () => {
  const [lent, idle] = [connected(), connected()];
  const told: string[] = [];
  for (const [name, { connection, stream }] of Object.entries({ lent, idle })) {
    connection.state = name === 'lent' ? 'borrowed' : 'idle';
    connection.user = { lost: () => told.push(`${name}: user`) };
    connection.onIdleLost = () => told.push(`${name}: keeper`);
    stream.emit('close');
  }
  await new Promise(setImmediate);
  expect(told).toEqual(['lent: user', 'idle: keeper']);
});
