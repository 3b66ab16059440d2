import type { Command } from './client.js';

/**
 * Every MULTI of a pipeline, and whether its EXEC is there too. ioredis adds the EXEC that its own `multi()` wants; one
 * by `call('MULTI')` it does not know of.
 */
export function blocksIn(commands: readonly Command[], pipeline: unknown): Map<Command, boolean> {
  const blocks = new Map<Command, boolean>();
  let open: Command | undefined;
  for (const command of commands) {
    if (/^multi$/i.test(command.name)) {
      open = command;
      blocks.set(command, false);
    } else if (open && /^(exec|discard)$/i.test(command.name)) {
      blocks.set(open, true);
      open = undefined;
    }
  }
  const { _transactions = 0 } = Object(pipeline) as { _transactions?: number };
  if (open && _transactions > 0) blocks.set(open, true);
  return blocks;
}

/** Whether a transaction is begun that the pipeline does not end. */
export function leavesOpen(commands: readonly Command[], pipeline: unknown): boolean {
  return [...blocksIn(commands, pipeline).values()].includes(false);
}
