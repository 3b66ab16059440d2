import { noop } from '../core/outcome.js';
import type { Command } from './client.js';

/** Nobody may be looking at the promise of a command; that must not end the process. */
export function tolerateRejection({ promise }: Pick<Command, 'promise'>): void {
  promise.catch(noop);
}

/** Rejects a command that is not sent. */
export function refuse(command: Command, error: unknown): Promise<unknown> {
  tolerateRejection(command);
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
