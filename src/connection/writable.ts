import { lookInto } from '../core/error-base.js';
import { kindOf } from '../core/kind-of.js';
import type { Command } from './client.js';

/** ioredis's own commands; those of a client of another make hold what its methods were given. */
interface IoredisCommand extends Command {
  args: unknown[];
  bufferMode?: boolean;
  toWritable(): unknown;
}

/**
 * Makes a command's arguments writable; tells why that cannot be, if it cannot. To be called before anything is queued:
 * ioredis finds out when a part of a pipeline is queued already, and from then on each reply goes to the wrong command.
 */
export function makeWritable(command: Command): TypeError | undefined {
  if (!('toWritable' in command)) return undefined;
  const { name, args, resolve } = command as IoredisCommand;
  if (typeof name !== 'string' || name === '') {
    return new TypeError(`the name of a command must be a string; received ${kindOf(name)}`);
  }
  if (!Array.isArray(args)) {
    return new TypeError(`the arguments of ${name} must be a list; received ${kindOf(args)}`);
  }
  for (let index = 0; index < args.length; index += 1) {
    if (typeof args[index] === 'string') continue;
    if (isBuffer(args[index])) (command as IoredisCommand).bufferMode = true;
    else if (!write(args, index)) {
      const kind = kindOf(args[index]);
      return new TypeError(
        `argument ${index + 1} of ${name} cannot be written: it is ${kind} without a text; use JSON.stringify or a Buffer`,
      );
    }
  }
  // Its transformer threw, so nobody would hear of a reply.
  if (typeof resolve !== 'function')
    return new TypeError(`the arguments of ${name} could not be transformed`);
  return undefined;
}

function isBuffer(arg: unknown): boolean {
  return lookInto(() => Buffer.isBuffer(arg), false);
}

/** As ioredis does when it makes a command; a caller may have changed it since. */
function write(args: unknown[], index: number): boolean {
  const arg = args[index];
  try {
    args[index] = arg === null || arg === undefined ? '' : String(arg);
    return true;
  } catch {
    return false;
  }
}
