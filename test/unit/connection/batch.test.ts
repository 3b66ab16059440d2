import { expect, it } from 'vitest';
import { Batch, leaveOut } from '../../../src/connection/batch.js';
import type { Client } from '../../../src/connection/client.js';

/** A socket as node has it: a write after its end is an error event that nobody listens to. */
function clientWith(writable: boolean) {
  const written: string[] = [];
  const stream = {
    writable,
    write(chunk: string | Buffer) {
      if (!this.writable) throw new Error('write after end');
      written.push(String(chunk));
    },
  };
  return { written, stream, client: { status: 'ready', stream, commandQueue: { length: 0 } } };
}

const batchOf = (client: object) => new Batch(client as Client);
const turn = () => new Promise<void>((resolve) => process.nextTick(resolve));

it('what is sent in one turn leaves as one piece, text and bytes in order', async () => {
  const { client, written } = clientWith(true);
  const batch = batchOf(client);
  batch.write('one ');
  batch.write(Buffer.from('two '));
  expect(written).toEqual([]);
  await turn();
  expect(written).toEqual(['one two ']);
});

it('does not hold back more than a string can hold, in text or in bytes', async () => {
  const { client, written } = clientWith(true);
  const batch = batchOf(client);
  const size = 300_000;
  for (const chunk of ['a', Buffer.from('b'), 'c', Buffer.from('d'), 'e', 'f', 'g', 'h', 'i', 'j', 'k'])
    batch.write(typeof chunk === 'string' ? chunk.repeat(size) : Buffer.alloc(size, chunk));
  expect(Math.max(...written.map(({ length }) => length))).toBeLessThan(2 ** 21);
  expect(written.length).toBeGreaterThanOrEqual(2);
  await turn();
  expect(written.join('')).toBe([...'abcdefghijk'].map((each) => each.repeat(size)).join(''));
});

it('what waits for the end of a turn in which the socket ends is not written', async () => {
  const { client, stream, written } = clientWith(true);
  const batch = batchOf(client);
  batch.write('one ');
  stream.writable = false;
  expect(() => batch.flush()).not.toThrow();
  // Nor is it left for a later one.
  stream.writable = true;
  batch.write('two ');
  await turn();
  expect(written).toEqual(['two ']);
});

it('a pipeline that lacks a command is completed where it can still be written, and nowhere else', () => {
  const completed: string[] = [];
  const pipeline = { isPipeline: true, write: (text: string) => completed.push(text) };
  leaveOut(pipeline, clientWith(true).client as never);
  expect(completed).toEqual(['']);
  leaveOut(pipeline, clientWith(false).client as never);
  leaveOut(pipeline, { ...clientWith(true).client, status: 'end' } as never);
  leaveOut(undefined, clientWith(true).client as never);
  leaveOut({ write: pipeline.write }, clientWith(true).client as never);
  expect(completed).toEqual(['']);
});
