import { noop } from '../core/outcome.js';
import type { Command } from './client.js';

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
