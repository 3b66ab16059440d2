import type { Connection } from '../connection/connection.js';
import { defer } from '../core/outcome.js';

/** Whether an idle connection still answers within `boundMs`. Any reply will do, an error too. */
export async function answersPing(connection: Connection, boundMs: number): Promise<boolean> {
  const { client } = connection;
  const { promise, resolve } = defer<boolean>();
  client.stream.ref();
  const timer = setTimeout(() => resolve(false), boundMs);
  client.ping().then(
    () => resolve(true),
    (error: Error) => resolve(error.name === 'ReplyError'),
  );
  const alive = await promise;
  clearTimeout(timer);
  // Whoever wanted it may have gone; an idle connection does not keep the process alive.
  if (connection.state === 'idle') client.stream.unref();
  return alive;
}
