import type { Redis } from 'ioredis';
import type { Scope } from 'with-redis';
import type { SimSocket } from '../world/socket.js';
import { describe } from '../world/values.js';
import type { Tally } from './tally.js';
import { SLACK_MS } from './timing.js';
import { reasonOf } from './verdict.js';

/** What a function is told of its scope. */
export type Told = Pick<Scope, 'signal' | 'deadlineAt'>;

/** What is wrong with the signal of a function that goes on although its call has failed with an error, or has not. */
export function toldWrong({ signal }: Told, error: unknown): string | undefined {
  if (!signal.aborted) return 'its function goes on, and its signal is silent';
  // Its connection was lost before.
  if (signal.reason === error || /connection .* lost/.test(reasonOf(signal.reason))) return undefined;
  return `its function goes on, and its signal tells of ${describe(signal.reason)}`;
}

/** A function that goes on without its connection, and has no other, is told so. */
export function expectToldOfLoss(
  tally: Tally,
  redis: Redis,
  told: Told,
  goesOn: () => boolean,
  violate: (what: string) => void,
): void {
  const socket = redis.stream as unknown as SimSocket | undefined;
  if (!socket) return;
  const isSilent = () => goesOn() && redis.stream === (socket as unknown) && !told.signal.aborted;
  const judge = () => {
    if (isSilent()) violate('goes on, its connection is lost, and its signal is silent');
  };
  tally.whenClosed(socket, () => tally.world.loop.after(SLACK_MS, judge));
}
