import type { SimSocket } from '../world/socket.js';
import type { Action, InstancePlan } from './program.js';
import type { Subject } from './subject.js';
import { isLost, isPolite } from './verdict.js';
import type { World } from './world.js';

/** What its caller may have made or changed himself. */
const isOwn = ({ do: name }: Action) => name !== 'throw' && name !== 'nest' && name !== 'unwritable';

const isNested = ({ do: name }: Action) => name === 'nest';

/** Whose connection was lost is told what became of the commands. */
export function isUntold(error: unknown, { scope, stands }: Subject): boolean {
  if (stands || !scope.body.every(isOwn) || !isLost(error)) return false;
  const { commands } = error as { readonly commands?: readonly unknown[] };
  // What was lost is one of them.
  return commands === undefined || commands.length === 0;
}

/** While a connection is lent nobody here closes it, unless something was said on it that nobody had asked for. */
export function isForsaken(
  { scope }: Subject,
  socket: SimSocket | undefined,
  { address, nested, observer }: InstancePlan,
  world: World,
): boolean {
  // It may have been left for another node, or have led to a master that was replaced.
  if (!socket?.isForsaken || address === 'cluster' || address === 'sentinels') return false;
  // What calls inside of it has the same one, and a deadline of its own.
  if (nested === 'reuse' && (observer === 'acts' || scope.body.some(isNested))) return false;
  return isPolite(scope) && !world.peerOf(socket)?.heard;
}
