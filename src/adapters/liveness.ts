import type { Connection } from '../connection/connection.js';
import { isReplyError } from '../connection/reply-error.js';
import { type Clock, within } from '../core/clock.js';

/** What a PING of ours is answered with, and no reply to anything else. */
const TOKEN = 'with-redis';

/**
 * Whether an idle connection still answers within `boundMs`, and to what it was asked: one whose replies are a step off
 * answers too. An error is the server's own reply, whatever it says of PING.
 */
export async function answersPing(connection: Connection, boundMs: number, clock: Clock): Promise<boolean> {
  const { client } = connection;
  const startedAt = clock.now();
  client.stream.ref();
  const answer = connection.send('ping', TOKEN).then(
    (reply) => reply === TOKEN || reply === 'PONG',
    (error: unknown) => isReplyError(error),
  );
  const alive = await within(clock, boundMs, answer, () => false);
  connection.roundTripMs = clock.now() - startedAt;
  // Whoever wanted it may have gone; an idle connection does not keep the process alive.
  if (connection.state === 'idle') client.stream.unref();
  return alive;
}
