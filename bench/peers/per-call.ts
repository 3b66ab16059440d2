import { once } from 'node:events';
import { createClient } from 'redis';
import { parseRedisAddress } from '../../test/support/redis-address.js';
import { storedValue } from '../stored-value.js';
import * as subjects from '../subjects.js';
import type { Maker } from './contenders.js';
import { closeClient, openClient } from './ioredis-clients.js';

const nothingToClose = async () => undefined;

/** The fix that most services settle for. Like ours it waits for the end of the socket, so that none piles up. */
export const ioredisPerCall: Maker = ({ url, key }) => ({
  name: subjects.ioredisPerCall,
  async run() {
    const redis = await openClient(url);
    try {
      return await redis.get(key);
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

/** Dial, one write, one reply, close: what no client can beat. Without credentials it has nothing to say first. */
export const rawSocketPerCall: Maker = ({ url, key, note }) => {
  const address = parseRedisAddress(url);
  if (address.password || address.db !== 0) {
    note('Left out: the raw socket, which knows neither AUTH nor SELECT.');
    return undefined;
  }
  const request = `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`;
  const replyLength = `$${storedValue.length}\r\n${storedValue}\r\n`.length;
  return {
    name: subjects.rawSocket,
    async run() {
      const socket = address.dial();
      const closed = once(socket, 'close');
      socket.setEncoding('latin1');
      socket.write(request);
      let reply = '';
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.on('data', (text: string) => {
          reply += text;
          if (reply.length >= replyLength) resolve();
        });
      });
      socket.end();
      await closed;
      return reply.slice(-storedValue.length - 2, -2);
    },
    close: nothingToClose,
  };
};
