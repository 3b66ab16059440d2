import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisServer, startRedisServer } from '../../support/redis-server.js';
import { Random } from '../world/random.js';
import { drawCommand } from './dialogue.js';
import { execute } from './executor.js';
import { Line } from './line.js';
import { ServerState, type Session } from './session.js';
import { differenceOf } from './simulated.js';

/** What the Redis in memory answers is what a real one answers, byte by byte, to whatever two connections ask it. */
const BUDGET_MS = Number(process.env.DIFFERENTIAL_MS ?? 8_000);
const COMMANDS = 60;
/** Of a seed that was run before; whoever looks for differences gives another one, and more time. */
const PROGRAMS = Number(process.env.DIFFERENTIAL_PROGRAMS ?? 1_000);
const seed = Number(process.env.DIFFERENTIAL_SEED ?? 427_641_503);

let server: RedisServer;
let difference: string | undefined;
beforeAll(async () => {
  server = await startRedisServer();
  difference = await differenceOf(server.url);
});
afterAll(() => server.stop());

/** Redis goes through its own tables here. */
const UNORDERED = /unsubscribe$|^publish$/i;
const sorted = (text: string) => [...text].sort().join('');

const latin1 = (command: readonly string[]) => command.map((word) => Buffer.from(word).toString('latin1'));

async function converse(program: number): Promise<string | undefined> {
  const random = new Random(program);
  const state = new ServerState(Date.now, () => {});
  const lines = [new Line(server.port), new Line(server.port)];
  const sessions = lines.map(() => state.open());
  const told: string[] = [];
  const ask = async (at: number, command: readonly string[]) => {
    told.push(`${at}: ${JSON.stringify(command)}`);
    const [line, session] = [lines[at] as Line, sessions[at] as Session];
    line.ask(command);
    session.answer(execute(session, command));
    // Another one may be told something, too.
    for (const [index, other] of sessions.entries()) {
      const ours = other.take();
      const theirs = await (lines[index] as Line).hear(ours.length);
      if (theirs === ours || (UNORDERED.test(command[0] as string) && sorted(theirs) === sorted(ours)))
        continue;
      return `${told.slice(-12).join('\n')}\nto ${index}: ${JSON.stringify(theirs)}\n not: ${JSON.stringify(ours)}`;
    }
    return undefined;
  };
  try {
    let difference = await ask(0, ['FLUSHALL']);
    const protocol = random.pick(['2', '3']);
    for (const at of [0, 1]) {
      (lines[at] as Line).ask(['HELLO', protocol]);
      (sessions[at] as Session).protocol = Number(protocol) as 2 | 3;
      await (lines[at] as Line).hear(100);
    }
    for (let left = COMMANDS; left > 0 && difference === undefined; left--)
      difference = await ask(random.int(0, 1), latin1(drawCommand(random)));
    return difference;
  } finally {
    for (const line of lines) line.end();
  }
}

test(`the same bytes as a real server, seed ${seed}`, { timeout: BUDGET_MS + 30_000 }, async ({ skip }) => {
  skip(difference !== undefined, difference);
  const random = new Random(seed);
  const until = performance.now() + BUDGET_MS;
  let programs = 0;
  for (; performance.now() < until && programs < PROGRAMS; programs++) {
    const program = random.int(0, 2 ** 32 - 1);
    expect(await converse(program), `program ${program}`).toBeUndefined();
  }
  console.info(`differential: seed ${seed}, ${programs} programs of ${COMMANDS} commands`);
});
