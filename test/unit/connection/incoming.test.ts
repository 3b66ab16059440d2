import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Client, Command, QueueItem } from '../../../src/connection/client.js';
import { Incoming, OutOfStepError } from '../../../src/connection/incoming.js';

let stream: EventEmitter & { destroyed?: boolean; destroy(): void };
let queue: QueueItem[];
let parsed: string[];
let broken: unknown[];
let incoming: Incoming;

const say = (text: string) => stream.emit('data', Buffer.from(text));

beforeEach(() => {
  parsed = [];
  broken = [];
  queue = [];
  stream = Object.assign(new EventEmitter(), {
    destroy() {
      stream.destroyed = true;
    },
  });
  const commandQueue = {
    get length() {
      return queue.length;
    },
    shift: () => queue.shift(),
    unshift: (item: QueueItem) => void queue.unshift(item),
  };
  const client = { stream, commandQueue } as unknown as Client;
  stream.on('data', (chunk: Buffer) => {
    parsed.push(String(chunk));
    client.commandQueue.shift();
  });
  incoming = new Incoming(client, (error) => void broken.push(error));
});

describe('what comes while nobody uses the connection', () => {
  it('is the end of the last reply, where that was answered at its CR', () => {
    say('+OK\r');
    incoming.idle = true;
    say('\n');
    expect([parsed, broken]).toEqual([['+OK\r', '\n'], []]);
  });

  it.each([
    ['another reply', '+OK\r\n', '+OK\r\n'],
    ['more than the end of a reply', '+OK\r', '\n+OK\r\n'],
    ['the end of a reply that has ended', '+OK\r\n', '\n'],
  ])('breaks it: %s', (_, reply, more) => {
    say(reply);
    incoming.idle = true;
    say(more);
    expect(broken).toEqual([expect.any(OutOfStepError)]);
    expect(stream.destroyed).toBe(true);
  });

  it('leaves alone who was answered before, and may have been sent elsewhere since', () => {
    incoming.expectPushes();
    // A rejection that somebody holds back is no answer to ioredis.
    queue.push({ command: { isResolved: false } as Command });
    say('-MOVED 1 10.0.0.1:1\r\n');
    incoming.idle = true;
    say('+what?\r\n');
    expect(broken).toHaveLength(1);
    expect(queue).toEqual([]);
  });
});
