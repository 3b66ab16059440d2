/** What ends the demo with one clear line instead of a stack. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

/** Node 20 reports a failed dial of several addresses as an AggregateError without a message. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
