import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SentinelGroup, startSentinelGroup } from '../../support/sentinel-group.js';
import type { Group } from './commands/sentinels.js';
import { execute } from './executor.js';
import { Line } from './line.js';
import { ServerState } from './session.js';

/** What a sentinel of this world answers is what a real one answers, as far as anybody asks it. */
let real: SentinelGroup;
beforeAll(async () => {
  real = await startSentinelGroup();
}, 60_000);
afterAll(() => real.stop());

async function askBoth(command: readonly string[]): Promise<readonly [theirs: string, ours: string]> {
  const [first, ...others] = real.sentinels.map(({ host, port }) => [host, String(port)] as const);
  const master = await real.master();
  const members = real.servers.map(({ port }) => ['127.0.0.1', String(port)] as const);
  const state = new ServerState(Date.now, () => {});
  state.group = {
    name: real.name,
    master: members[real.servers.indexOf(master)]!,
    replicas: members.filter((_, at) => real.servers[at] !== master),
    others,
    hasQuorum: true,
  } satisfies Group;
  const session = state.open();
  session.answer(execute(session, command));
  const ours = session.take();
  const line = new Line(Number(first?.[1]));
  line.ask(command);
  // A real one tells more of each member; all of it has come when nothing comes any more.
  const theirs = await line.hear(command[1] === 'sentinels' || command[1] === 'replicas' ? 1e6 : ours.length);
  line.end();
  return [theirs, ours];
}

test.each([
  [['sentinel', 'get-master-addr-by-name', 'mymaster']],
  [['sentinel', 'get-master-addr-by-name', 'unknown']],
  [['sentinel', 'ckquorum', 'mymaster']],
  [['sentinel', 'sentinels', 'unknown']],
  [['sentinel', 'replicas', 'unknown']],
  [['sentinel', 'ckquorum', 'unknown']],
])('%j: the same bytes', async (command) => {
  const [theirs, ours] = await askBoth(command);
  expect(ours).toBe(theirs);
});

test.each(['sentinels', 'replicas'])('%s: where they are, and what', async (what) => {
  const [theirs, ours] = await askBoth(['sentinel', what, 'mymaster']);
  const fields = (text: string) =>
    [...text.matchAll(/\r\n(ip|port|flags)\r\n\$\d+\r\n([^\r]*)/g)]
      .map(([, name, value]) => `${name} ${value}`)
      .sort();
  expect(fields(ours).length).toBe(what === 'sentinels' ? 6 : 3);
  expect(fields(ours)).toEqual(fields(theirs));
});
