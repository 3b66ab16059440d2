import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createClient } from 'redis';
import { parseRedisAddress } from '../../test/support/redis-address.js';
import * as subjects from '../subjects.js';
import type { Maker } from './contenders.js';
import { closeClient, openClient } from './ioredis-clients.js';

const nothingToClose = async () => undefined;

/** The fix that most services settle for. Like ours it waits for the end of the socket, so that none piles up. */
export const ioredisPerCall: Maker = (bench) => ({
  name: subjects.ioredisPerCall,
  async run() {
    const redis = await openClient(bench);
    try {
      return await redis.get(bench.key);
    } finally {
      await closeClient(redis);
    }
  },
  close: nothingToClose,
});

export const nodeRedisClientPerCall: Maker = ({ url, key }) => ({
  name: subjects.nodeRedisPerCall,
  async run() {
    const client = await createClient({ url }).connect();
    try {
      return await client.get(key);
    } finally {
      await client.close();
    }
  },
  close: nothingToClose,
});

/** Bytes and nothing else: what no client can beat. */
function rawPerCall(name: string, first: readonly string[]): Maker {
  return ({ url, key, value, note }) => {
    const address = parseRedisAddress(url);
    if (address.password || address.db !== 0) {
      note('Left out: the raw socket, which knows neither AUTH nor SELECT.');
      return undefined;
    }
    const get = `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`;
    const reply = `$${value.length}\r\n${value}\r\n`;
    return {
      name,
      async run() {
        const socket = address.dial();
        const closed = once(socket, 'close');
        socket.setEncoding('latin1');
        if (first.length > 0) await exchange(socket, first.join(''), '+OK\r\n+PONG\r\n'.length);
        const answer = await exchange(socket, get, reply.length);
        socket.end();
        await closed;
        return answer.slice(-value.length - 2, -2);
      },
      close: nothingToClose,
    };
  };
}

/** One write, and what has come once it is as long as the reply. */
function exchange(socket: Socket, request: string, replyLength: number): Promise<string> {
  let reply = '';
  return new Promise<string>((resolve, reject) => {
    const read = (text: string) => {
      reply += text;
      if (reply.length < replyLength) return;
      socket.off('data', read).off('error', reject);
      resolve(reply);
    };
    socket.on('error', reject).on('data', read);
    socket.write(request);
  });
}

/** What a scope says: its name, a PING, and once that is answered the GET. */
export const rawSocketPerCall = rawPerCall(subjects.rawSocket, [
  '*3\r\n$6\r\nclient\r\n$7\r\nSETNAME\r\n$10\r\nwith-redis\r\n',
  '*1\r\n$4\r\nping\r\n',
]);
export const rawGetPerCall = rawPerCall(subjects.rawGet, []);
