import { afterEach, expect, it } from 'vitest';
import { slotOf } from '../../../src/adapters/ioredis.js';
import { createWithRedis } from '../../../src/index.js';
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.js';

const NODES = 24;
const COMMANDS = 100;
const SLOTS = 16_384;
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const ownerOf = (slot: number) => Math.floor((slot * NODES) / SLOTS);
const idOf = (index: number) => String(index).padStart(40, '0');
const firstOf = (index: number) => Math.ceil((index * SLOTS) / NODES);

const nodes: ScriptedServer[] = [];
afterEach(() => Promise.all(nodes.splice(0).map((node) => node.close())));

const map = () =>
  `*${NODES}\r\n${nodes
    .map(
      ({ port }, index) =>
        `*3\r\n:${firstOf(index)}\r\n:${firstOf(index + 1) - 1}\r\n*3\r\n${bulk('127.0.0.1')}:${port}\r\n${bulk(idOf(index))}`,
    )
    .join('')}`;

const startNode = (which: number) =>
  startScriptedServer(([name, first = '']) => {
    if (name === 'CLUSTER') return first.toLowerCase() === 'slots' ? map() : bulk(idOf(which));
    if (name !== 'GET') return '+OK\r\n';
    const slot = slotOf(first, undefined);
    const owner = ownerOf(slot);
    return owner === which ? bulk(first) : `-MOVED ${slot} 127.0.0.1:${nodes[owner]?.port}\r\n`;
  });

it.each(['exclusive', 'shared', 'auto'] as const)(
  'many commands at once about all nodes go straight to where they are told, none more often than that, %s',
  async (isolation) => {
    for (let which = 0; which < NODES; which += 1) nodes.push(await startNode(which));
    const cache = createWithRedis({
      cluster: { nodes: [{ host: '127.0.0.1', port: nodes[0]!.port }], options: { maxRedirections: 1 } },
      isolation: isolation as 'exclusive',
      pool: true,
    });
    const keys = Array.from({ length: COMMANDS }, (_, index) => `key${index}`);
    const replies = await cache((redis) => Promise.all(keys.map((key) => redis.get(key))), { key: 'key0' });
    expect(replies).toEqual(keys);
    const received = nodes.flatMap(({ commands }) => commands).filter(([name]) => name === 'GET');
    expect(received.length).toBeLessThanOrEqual(2 * COMMANDS);
    await cache.close();
  },
);
