import { noop } from '../core/outcome.js';
import type { Client, Command } from './client.js';

/** Rejects a command that is not sent. Nobody may be looking at its promise; that must not end the process. */
export function refuse(command: Command, error: unknown): Promise<unknown> {
  command.promise.catch(noop);
  try {
    command.reject(error);
    return command.promise;
  } catch {
    // One that failed when it was made cannot be rejected, and that of a script reads a message, which not all reasons have.
    const promise = Promise.reject(error);
    promise.catch(noop);
    return promise;
  }
}

/**
 * From now on each command that is cut short is rejected with an error of its own: ioredis has one for all, and who shares
 * the connection would read there what became of a stranger's commands.
 */
export function rejectOneByOne(client: Client): void {
  const { flushQueue, commandQueue } = client;
  client.flushQueue = (error, options) => {
    for (const { command } of commandQueue.toArray()) command.reject(new Error(error.message));
    flushQueue?.call(client, error, options);
  };
}
