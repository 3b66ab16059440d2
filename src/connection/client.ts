import type { Redis } from 'ioredis';

/** The part of ioredis's Command that we touch; the same in 5, 6 and iovalkey. */
export interface Command {
  name: string;
  readonly args: readonly unknown[];
  readonly promise: Promise<unknown>;
  resolve: (reply: unknown) => void;
  reject: (error: unknown) => void;
  readonly isResolved?: boolean;
  /** Which slot of a cluster it is about, if any. Only ioredis's own commands know. */
  getSlot?(): number | null;
}

/** Sends a command of our own, which no transformer of a user's touches, unless the client is of another copy of ioredis. */
export type Send = (name: string, ...args: (string | number)[]) => Promise<unknown>;

export interface QueueItem {
  readonly command: Command;
}

interface Queue {
  readonly length: number;
  peekBack(): QueueItem | undefined;
  toArray(): QueueItem[];
  shift(): QueueItem | undefined;
  unshift(item: QueueItem): void;
}

/** ioredis's client with the internals that we rely on, each pinned by a test on both majors. */
export type Client = Omit<
  Redis,
  'sendCommand' | 'commandQueue' | 'offlineQueue' | 'flushQueue' | 'addedBuiltinSet' | 'scriptsSet'
> & {
  sendCommand(command: Command, stream?: unknown, node?: unknown): Promise<unknown>;
  /** Commands that were written and not answered. */
  readonly commandQueue: Queue;
  readonly offlineQueue: Queue;
  /** Rejects what was written and is not answered. */
  flushQueue(error: Error, options?: object): void;
  readonly addedBuiltinSet: Set<string>;
  readonly scriptsSet: Record<string, unknown>;
};

/** What we rely on of ioredis's inside; all of it is listed here. */
const INTERNALS: readonly (keyof Client & string)[] = [
  'sendCommand',
  'commandQueue',
  'offlineQueue',
  'scriptsSet',
  'addedBuiltinSet',
  'options',
  'status',
  'pipeline',
  'multi',
  'on',
  'disconnect',
];

/** Which of these a client lacks, if any: better said when it is made than found out later. */
export function missingInternals(client: Client): string[] | undefined {
  const missing = INTERNALS.filter((name) => client[name] === undefined);
  const { commandQueue } = client;
  const methods = (['peekBack', 'toArray', 'shift', 'unshift'] as const).filter(
    (name) => typeof commandQueue?.[name] !== 'function',
  );
  const all = [...missing, ...methods.map((name) => `commandQueue.${name}`)];
  return all.length > 0 ? all : undefined;
}
