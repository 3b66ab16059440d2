import { Command } from 'ioredis';
import type { Act, Stage } from './actions.js';

type Answer = (error: unknown, reply?: unknown) => void;

type Replies = [error: Error | null, reply: unknown][] | null | undefined;

const firstError = (replies: Replies) => (replies ? replies[0]?.[0] : new Error('no list of replies'));

async function only(executed: Promise<Replies>): Promise<unknown> {
  const replies = await executed;
  const error = firstError(replies);
  if (error) throw error;
  return replies?.[0]?.[1];
}

/** Ways to be answered by a callback instead of a promise. */
const CALLED_BACK: readonly ((stage: Stage, text: string, answer: Answer) => unknown)[] = [
  ({ redis }, text, answer) => redis.echo(text, answer),
  ({ redis }, text, answer) => redis.call('ECHO', text, answer),
  ({ redis }, text, answer) =>
    redis
      .pipeline()
      .echo(text)
      .exec((error, replies) => answer(error ?? firstError(replies), replies?.[0]?.[1])),
  ({ redis }, text, answer) => redis.pipeline().echo(text, answer).exec(),
  ({ redis }, text, answer) =>
    redis
      .multi()
      .echo(text)
      .exec((error, replies) => answer(error ?? firstError(replies), replies?.[0]?.[1])),
];

/** Called once, with the reply or with what went wrong. */
export const callback: Act = (stage, how) =>
  new Promise<void>((resolve, reject) => {
    const text = `called back ${stage.id()}`;
    let times = 0;
    const way = CALLED_BACK[how % CALLED_BACK.length] as (typeof CALLED_BACK)[number];
    const answer: Answer = (error, reply) => {
      times += 1;
      stage.expect('calls of a callback', times, 1);
      if (!error) stage.expect('echo', reply, text);
      if (error) reject(error);
      else resolve();
    };
    Promise.resolve(way(stage, text, answer)).catch(reject);
  });

/** Bytes that are no text. */
export const buffers: Act = async ({ redis, fresh, id, expect }, how) => {
  const key = fresh('plain');
  const bytes = Buffer.concat([Buffer.from([0xff, 0, 13, 10, 0x80]), Buffer.from(String(id()))]);
  await redis.set(key, bytes);
  const read = [
    () => redis.getBuffer(key),
    () => redis.callBuffer('GET', key),
    () => only(redis.pipeline().getBuffer(key).exec()),
  ];
  const reply = (await read[how % read.length]?.()) as Buffer | undefined;
  expect('get', reply?.toString('latin1'), bytes.toString('latin1'));
};

/** As libraries do that make commands themselves. */
export const madeByHand: Act = async ({ redis, id, expect }, how) => {
  const text = `by hand ${id()}`;
  const command = new Command('echo', [text], { replyEncoding: how % 2 ? 'utf8' : null });
  const reply = (await redis.sendCommand(command)) as string | Buffer;
  expect('echo', reply.toString(), text);
};
