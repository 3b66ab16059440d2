import { noop } from '../core/outcome.js';
import type { Command } from './client.js';

/** Nobody may be looking at the promise of a command; that must not end the process. */
export function tolerateRejection(command: Command): void {
  const { reject } = command;
  command.reject = (error) => {
    command.promise.catch(noop);
    reject(error);
  };
}

/** Rejects a command that is not sent. */
export function refuse(command: Command, error: unknown): Promise<unknown> {
  tolerateRejection(command);
  command.reject(error);
  return command.promise;
}
