import { EventEmitter } from 'node:events';
import type { Client, Command } from '../connection/client.js';
import { defer, noop } from '../core/outcome.js';

type Method = (...args: unknown[]) => unknown;

/** A client with ioredis's methods and none of its inside: ioredis-mock. */
export type Foreign = EventEmitter & Record<string, unknown> & { disconnect(): void };

/** One of ours, or of ioredis, which tells no more than its name and arguments. */
interface ForeignCommand extends Command {
  /** Does what it is for on a client of the kind that it was made for: a scope may have moved to another one. */
  readonly run?: (on: Foreign) => unknown;
  readonly replyEncoding?: string | null;
}

/** Methods that are no commands. */
const OTHERS =
  /^(on|once|off|emit|connect|disconnect|end|quit|duplicate|monitor|pipeline|multi|exec|batch|_.*)$|Listener|Stream$|^define/;

export function isForeign(value: unknown): value is Foreign {
  const client = value as Partial<Foreign> | null | undefined;
  return [client?.get, client?.on, client?.disconnect].every((method) => typeof method === 'function');
}

/**
 * Gives such a client the inside that leases rely on: every command goes through `sendCommand`, and what is in flight
 * is known. There is no socket, so none can be lost.
 */
export function wrapForeign(foreign: Foreign): Client {
  const inFlight = new Set<{ readonly command: Command }>();
  const queue = {
    get length() {
      return inFlight.size;
    },
    peekBack: () => [...inFlight].at(-1),
    toArray: () => [...inFlight],
  };
  const client = Object.create(foreign, {
    status: { get: () => statusOf(foreign), configurable: true },
    stream: { value: Object.assign(new EventEmitter(), NO_SOCKET) },
    commandQueue: { value: queue },
    offlineQueue: { value: { length: 0 } },
    // It puts its prefix before keys itself, and nobody else may.
    options: { value: { ...(foreign.options as object | undefined), keyPrefix: undefined } },
    scriptsSet: { value: {} },
  });
  client.sendCommand = (command: ForeignCommand) => {
    const sent = { command };
    inFlight.add(sent);
    const run = async () => (command.run ? command.run(foreign) : callByName(foreign, command));
    const reply = run().finally(() => inFlight.delete(sent));
    reply.then(
      (value) => command.resolve(value),
      (error: unknown) => command.reject(error),
    );
    return command.promise;
  };
  for (const [name, method] of Object.entries(foreign)) {
    if (typeof method === 'function' && !OTHERS.test(name)) {
      client[name] = sending(name, (args, on) => ((on[name] as Method) ?? method).apply(on, args));
    }
  }
  for (const name of ['pipeline', 'multi']) {
    client[name] = function (this: Client, ...args: unknown[]) {
      const pipeline = (foreign[name] as Method)(...args) as ForeignPipeline;
      const exec = pipeline?.exec;
      if (!exec) return pipeline;
      const taken: ForeignCommand[] = [];
      pipeline.sendCommand = (command) => void taken.push(command);
      const run = () => (taken.length > 0 ? execute(foreign, taken) : exec.call(pipeline));
      pipeline.exec = sending('exec', run, BLOCK).bind(this);
      return pipeline;
    };
  }
  return client;
}

interface ForeignPipeline {
  exec?: Method;
  sendCommand?: (command: ForeignCommand) => void;
}

function callByName(target: object, { name, args, replyEncoding }: ForeignCommand): unknown {
  const methods = target as Record<string, Method>;
  const own = replyEncoding === null ? methods[`${name}Buffer`] : undefined;
  const method = own ?? methods[name] ?? methods[name.toLowerCase()];
  if (!method) throw new Error(`this client knows no ${name}`);
  return method.apply(target, [...args]);
}

/** Commands of ioredis in one piece, with replies as ioredis has them; a transaction from its MULTI to its EXEC. */
async function execute(foreign: Foreign, taken: readonly ForeignCommand[]): Promise<unknown> {
  const isBlock = taken[0]?.name === 'multi';
  const pipeline = (foreign[isBlock ? 'multi' : 'pipeline'] as Method)() as { exec: Method };
  const commands = isBlock ? taken.slice(1, -1) : taken;
  for (const command of commands) callByName(pipeline, command);
  const replies = (await pipeline.exec()) as [unknown, unknown][];
  if (!isBlock) return replies;
  const all = replies.map(([error, value]) => error ?? value);
  return [[null, 'OK'], ...commands.map(() => [null, 'QUEUED']), [null, all]];
}

const NO_SOCKET = {
  writable: true,
  ref: noop,
  unref: noop,
  cork: noop,
  uncork: noop,
  destroy: noop,
};

/** It leaves in one piece. */
const BLOCK = { isPipeline: true };

function sending(name: string, run: (args: unknown[], on: Foreign) => unknown, stream?: object) {
  return function (this: Client, ...args: unknown[]): Promise<unknown> {
    const callback = typeof args.at(-1) === 'function' ? (args.pop() as Method) : undefined;
    const command = {
      name: name.replace(/Buffer$/, ''),
      args,
      ...defer<unknown>(),
      run: (on: Foreign) => run(args, on),
    };
    const reply = this.sendCommand(command, stream);
    if (callback) reply.then((value) => callback(null, value), callback);
    return reply;
  };
}

function statusOf(foreign: Foreign): string {
  if (typeof foreign.status === 'string') return foreign.status;
  return foreign.connected === true ? 'ready' : 'wait';
}
