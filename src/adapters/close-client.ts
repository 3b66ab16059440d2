import type { Client } from '../connection/client.js';
import type { Clock } from '../core/clock.js';
import { noop } from '../core/outcome.js';

/**
 * Ends a client from any state: the server has let go of the connection when this resolves, unless it did not react
 * within `graceMs`. Waiting for the server's end instead of sending QUIT saves a command and works while one blocks.
 */
export function closeClient(client: Client, graceMs: number, clock: Clock): Promise<void> {
  if (client.status === 'end') return Promise.resolve();
  return new Promise((resolve) => {
    let timer = clock.after(graceMs, () => {
      client.stream?.destroy();
      // Nothing but a defect of the client could keep it from ending now; a release must not hang on one.
      timer = clock.after(graceMs + 100, done);
    });
    function done() {
      timer.cancel();
      client.off('end', done);
      resolve();
    }
    client.once('end', done);
    try {
      disconnect(client);
    } catch {
      // A client of a factory may be of any make; its socket goes all the same.
      client.stream?.destroy();
    }
  });
}

/** A client that waits to reconnect parks for ever on disconnect(); connecting once more makes it end (#1247). */
function disconnect(client: Client): void {
  client.disconnect();
  if (client.status === 'reconnecting' || client.status === 'close') {
    client.connect().catch(noop);
    client.disconnect();
  }
  if (client.status === 'connecting') client.stream?.destroy();
}
