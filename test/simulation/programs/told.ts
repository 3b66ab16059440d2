import type { Scope } from 'with-redis';
import { describe } from '../world/values.js';
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
