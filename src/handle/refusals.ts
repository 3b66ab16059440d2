import type { Command } from '../connection/client.js';
import { noop } from '../core/outcome.js';

/** Nobody may be looking at the promise of a command; that must not end the process. */
export function harbour(command: Command): void {
  const { reject } = command;
  command.reject = (error) => {
    command.promise.catch(noop);
    reject(error);
  };
}

/** Rejects a command that is not sent. */
export function refuse(command: Command, error: unknown): Promise<unknown> {
  harbour(command);
  command.reject(error);
  return command.promise;
}
