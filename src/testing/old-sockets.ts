import { Socket } from 'node:net';

/** Connections of this thread that were there before the check. */
export interface OldSockets {
  /** Local ports of those at the beginning. */
  readonly ports: ReadonlySet<number | undefined>;
  /** Looks at them while a call is under way: one that is idle may hide. */
  look(): void;
  /** Something was written to one of them since. */
  readonly areUsed: boolean;
}

/** Standard streams have a descriptor to tell them by; asking `process.stdin` would open it. */
const isStandard = (socket: Socket) => typeof (socket as { fd?: unknown }).fd === 'number';

/** Node's list of handles is documented to be none of our business, and has been there for ten years. */
function openSockets(): Socket[] {
  const { _getActiveHandles } = process as { _getActiveHandles?: () => unknown[] };
  const handles = _getActiveHandles?.call(process) ?? [];
  return handles.filter((handle): handle is Socket => handle instanceof Socket && !isStandard(handle));
}

/** `isOld`: neither the check's own nor opened since. */
export function watchOldSockets(isOld: (socket: Socket) => boolean): OldSockets {
  const written = new Map<Socket, number>();
  let areUsed = false;
  const look = () => {
    if (areUsed) return;
    for (const socket of openSockets()) {
      const { bytesWritten = 0 } = socket;
      if (!written.has(socket) && isOld(socket)) written.set(socket, bytesWritten);
      areUsed ||= bytesWritten > (written.get(socket) ?? Number.POSITIVE_INFINITY);
    }
  };
  look();
  return {
    ports: new Set([...written.keys()].map(({ localPort }) => localPort)),
    look,
    get areUsed() {
      return areUsed;
    },
  };
}
