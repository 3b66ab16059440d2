/** A mistake of whoever typed the command: one clear line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
