import { afterEach, expect, it } from 'vitest';
import { Sentinels } from '../../src/adapters/sentinels.js';
import { addressOf } from '../../src/connection/address.js';
import { systemClock } from '../../src/core/clock.js';
import { useInstances, useServer } from '../support/harness.js';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.js';

const target = useServer();
const create = useInstances();

const host = '127.0.0.1';
const name = 'group';
const bulk = (...texts: readonly string[]) =>
  `*${texts.length}\r\n${texts.map((text) => `$${text.length}\r\n${text}\r\n`).join('')}`;

const started: ScriptedServer[] = [];
afterEach(() => Promise.all(started.splice(0).map((server) => server.close())));

/** One that takes its time, and tells of the others that it is given. */
async function startSentinel(delayMs = 0) {
  const told: { others: string[]; gone: string[]; alone: boolean } = { others: [], gone: [], alone: false };
  const row = (flags: string) => (ip: string) => bulk('ip', ip, 'port', '26379', 'flags', flags);
  const answer = (what: string) => {
    if (what === 'get-master-addr-by-name') return bulk(host, String(target.server.port));
    if (what === 'ckquorum') return told.alone ? '-NOQUORUM 1 usable Sentinels\r\n' : '+OK 3 usable\r\n';
    const rows = [...told.others.map(row('sentinel')), ...told.gone.map(row('s_down,sentinel,disconnected'))];
    return `*${rows.length}\r\n${rows.join('')}`;
  };
  const server = await startScriptedServer(([command, what = ''], socket) => {
    if (command !== 'SENTINEL') return '+OK\r\n';
    if (what !== 'get-master-addr-by-name' || delayMs === 0) return answer(what.toLowerCase());
    socket.cork();
    setTimeout(() => socket.uncork(), delayMs);
    return answer(what);
  });
  started.push(server);
  return { told, place: { host, port: server.port } };
}

it('where sentinels come and go, those that have gone cost no share of the time of a dial', async () => {
  const { told, place } = await startSentinel(20);
  const redis = create({ redis: { sentinels: [place], name }, acquireTimeoutMs: 1_000 });
  for (let generation = 0; generation < 40; generation += 1) {
    told.others = [1, 2].map((last) => `10.0.${generation}.${last}`);
    expect(await redis((r) => r.ping())).toBe('PONG');
  }
});

it('what a sentinel tells of others goes over what was told before; those that are configured stay', async () => {
  const [one, two] = [await startSentinel(), await startSentinel()];
  const sentinels = new Sentinels({ sentinels: [one.place, two.place], name }, systemClock, 100);
  const ask = ({ place }: typeof one) =>
    sentinels.ask(
      sentinels.places.find((each) => addressOf(each) === addressOf(place)) ?? place,
      1_000,
      new Promise<never>(() => {}),
    );
  const known = () => sentinels.places.map(addressOf);
  const configured = [one, two].map(({ place }) => addressOf(place));
  one.told.others = ['10.0.0.1', '10.0.0.2'];
  await ask(one);
  expect(known()).toEqual([...configured, '10.0.0.1:26379', '10.0.0.2:26379']);
  Object.assign(two.told, { others: ['10.0.0.3', '10.0.0.2'], gone: ['10.0.0.4'] });
  await ask(two);
  expect(known()).toEqual([...configured, '10.0.0.2:26379', '10.0.0.3:26379']);
  // Of one that does not reach the others nobody learns that they are gone.
  Object.assign(one.told, { others: [], gone: ['10.0.0.2', '10.0.0.3'], alone: true });
  await ask(one);
  expect(known()).toHaveLength(4);
  one.told.alone = false;
  await ask(one);
  expect(known()).toEqual(configured);
});

it('one that was told of, and answers, stays; one that is forgotten while it is asked does not come back', async () => {
  const [one, two] = [await startSentinel(), await startSentinel()];
  const learnt = '10.0.0.1:26379';
  const natMap = { [learnt]: two.place };
  const sentinels = new Sentinels({ sentinels: [one.place], name, natMap }, systemClock, 100);
  const never = new Promise<never>(() => {});
  one.told.others = ['10.0.0.1'];
  await sentinels.ask(sentinels.places[0]!, 1_000, never);
  const second = sentinels.places[1]!;
  expect(addressOf(second)).toBe(addressOf(two.place));
  await sentinels.ask(second, 1_000, never);
  expect(sentinels.places).toContain(second);
  one.told.others = [];
  await sentinels.ask(sentinels.places[0]!, 1_000, never);
  sentinels.avoid(second);
  expect(sentinels.places.map(addressOf)).toEqual([addressOf(one.place)]);
});
