import { tracingChannel } from 'node:diagnostics_channel';
import type { TraceMessage } from '../index.js';

type Operation = 'scope' | 'acquire' | 'release' | 'connect';

interface Listener {
  readonly start?: (message: TraceMessage) => void;
  /** The operation is over. One that failed has an `error`. */
  readonly over: (message: TraceMessage) => void;
}

/** Returns what ends it. */
export function listen(operation: Operation, { start, over }: Listener): () => void {
  const channel = tracingChannel<unknown, TraceMessage>(`with-redis:${operation}`);
  const onStart = (message: unknown) => start?.(message as TraceMessage);
  const onEnd = (message: unknown) => over(message as TraceMessage);
  if (start) channel.start.subscribe(onStart);
  channel.asyncEnd.subscribe(onEnd);
  return () => {
    channel.start.unsubscribe(onStart);
    channel.asyncEnd.unsubscribe(onEnd);
  };
}
