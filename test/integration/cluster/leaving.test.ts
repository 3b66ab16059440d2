import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWithRedis, type WithRedis } from '../../../src/index.js';
import { eventually, outcomeOf, sleep } from '../../support/harness.js';
import { type ScriptedServer, startScriptedServer } from '../../support/scripted-server.js';

/** Slot 15495, so of the second half. */
const KEY = 'a';
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const idOf = ({ port }: ScriptedServer) => String(port).padStart(40, '0');
const entryOf = (node: ScriptedServer) => `*3\r\n${bulk('127.0.0.1')}:${node.port}\r\n${bulk(idOf(node))}`;

let nodes: [stays: ScriptedServer, leaves: ScriptedServer];
/** What the second node is at the moment. */
let role: 'master' | 'replica' | 'gone';
let cache: WithRedis;

function map(): string {
  const [stays, leaves] = nodes;
  const range = (from: number, to: number, ...of: ScriptedServer[]) =>
    `*${2 + of.length}\r\n:${from}\r\n:${to}\r\n${of.map(entryOf).join('')}`;
  if (role === 'master') return `*2\r\n${range(0, 8_191, stays)}${range(8_192, 16_383, leaves)}`;
  return `*1\r\n${range(0, 16_383, stays, ...(role === 'replica' ? [leaves] : []))}`;
}

function startNode(which: 0 | 1): Promise<ScriptedServer> {
  return startScriptedServer(([name = '', sub = '']) => {
    if (name === 'CLUSTER') return sub.toLowerCase() === 'slots' ? map() : bulk(idOf(nodes[which]));
    if (!name.endsWith('SUBSCRIBE')) return name === 'BLPOP' ? undefined : '+OK\r\n';
    return `*3\r\n${bulk(name.toLowerCase())}${bulk(sub)}:1\r\n`;
  });
}

beforeEach(async () => {
  role = 'master';
  nodes = [await startNode(0), await startNode(1)];
  cache = createWithRedis({
    cluster: {
      nodes: [{ host: '127.0.0.1', port: nodes[0].port }],
      options: { slotsRefreshInterval: 20 },
    },
    isolation: 'auto',
    pool: true,
  });
});
afterEach(async () => {
  await cache.close({ deadlineMs: 100 });
  for (const node of nodes) await node.close();
});

/** A scope at the node that leaves, for as long as it is left alone; what has become of it. */
async function startWaiting(command: string) {
  const scope: { ended?: unknown } = {};
  const received = () => nodes[1].commands.some(([name]) => name === command.toUpperCase());
  const options = { key: KEY, isolation: 'exclusive', retry: 1 } as const;
  const call = cache(async (r, { signal }) => {
    if (command === 'blpop') return r.blpop(KEY, 0);
    await (r as unknown as Record<string, (channel: string) => Promise<unknown>>)[command]?.(`{${KEY}}news`);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }, options);
  void outcomeOf(call).then(({ error }) => {
    scope.ended = error;
  });
  await eventually(received, (is) => is);
  return scope;
}

const LOSS = { message: 'the connection of this scope was lost' };

it.each(['subscribe', 'psubscribe', 'ssubscribe'])(
  'a scope that lives from %s ends as a loss when its node leaves the cluster',
  async (command) => {
    const scope = await startWaiting(command);
    role = 'gone';
    await eventually(
      () => scope.ended,
      (error) => error !== undefined,
    );
    expect(scope.ended).toMatchObject(LOSS);
  },
);

it('it goes on listening at a node that is a replica now, for as long as that is in the cluster', async () => {
  const scope = await startWaiting('subscribe');
  role = 'replica';
  await eventually(
    () => cache.stats().max,
    (max) => max === 10,
  );
  await sleep(60);
  expect(scope.ended).toBeUndefined();
  role = 'gone';
  await eventually(
    () => scope.ended,
    (error) => error !== undefined,
  );
  expect(scope.ended).toMatchObject(LOSS);
});

it('what waits for the reply to a command may finish at a node that has left', async () => {
  const scope = await startWaiting('blpop');
  role = 'gone';
  await eventually(
    () => cache.stats().max,
    (max) => max === 10,
  );
  await sleep(60);
  expect(scope.ended).toBeUndefined();
});
