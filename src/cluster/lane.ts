import { commandOf } from '../adapters/ioredis.js';
import type { Command } from '../connection/client.js';
import { noop } from '../core/outcome.js';
import type { LeaseHolder } from '../lease/context.js';
import type { Address } from './plan.js';
import type { RouteClaim } from './route-claim.js';
import type { NodeLease } from './router.js';
import type { Unit } from './unit.js';

const NONE: readonly Unit[] = [];

/** Whose lane it is. */
interface LaneOwner {
  lost(lane: Lane): void;
}

/** A scope's way to one node. What is submitted before it is open waits, so that its order is kept. */
export class Lane implements LeaseHolder {
  #waiting: Unit[] | undefined;
  /** While it is being opened. */
  claim: RouteClaim | undefined;
  /** Once it is open. */
  lease: NodeLease | undefined;
  readonly #owner: LaneOwner;

  constructor(
    readonly address: Address,
    owner: LaneOwner,
  ) {
    this.#owner = owner;
  }

  get firstWaiting(): Unit | undefined {
    return this.#waiting?.[0];
  }

  submit(unit: Unit): void {
    unit.at = this.address;
    if (this.lease) {
      send(unit, this.lease);
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push(unit);
  }

  opened(lease: NodeLease): void {
    this.lease = lease;
    for (const unit of this.takeWaiting()) unit.run(() => send(unit, lease));
  }

  lost(): void {
    this.#owner.lost(this);
  }

  /** The scope is ended by force, and its connections with it. */
  force(): void {}

  takeWaiting(): readonly Unit[] {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting ?? NONE;
  }
}

function send(unit: Unit, lease: NodeLease): void {
  const { client } = lease.connection;
  const asking = unit.redirect?.kind === 'ASK';
  if (!unit.begin()) return;
  if (asking || unit.isBlock) {
    client.stream.cork();
    sendTogether(unit, lease, asking);
    client.stream.uncork();
  } else transmit(unit, lease, undefined);
}

/** Nothing may come between ASKING and what it is for, nor between MULTI and EXEC. */
function sendTogether(unit: Unit, lease: NodeLease, asking: boolean): void {
  const { connection } = lease;
  const { client } = connection;
  const directly = {
    isPipeline: true,
    destination: { redis: client },
    write: (chunk: string | Buffer) => client.stream.write(chunk),
  };
  connection.flush();
  if (asking) {
    client.sendCommand(askingFor(unit), undefined, undefined);
    connection.written += 1;
  }
  transmit(unit, lease, directly);
}

/** Where it is refused that is known before what follows is answered, which may be in the same moment. */
function askingFor(unit: Unit): Command {
  const command = commandOf('asking', []);
  const { reject } = command;
  command.reject = (error) => {
    unit.barred = error;
    reject(error);
  };
  command.promise.catch(noop);
  return command;
}

function transmit(unit: Unit, lease: NodeLease, stream: unknown): void {
  const { commandQueue } = lease.connection.client;
  // Not what follows: a command that is refused at once may end the unit, and somebody may add to it.
  const { last } = unit;
  for (let part = unit.first; part; part = part === last ? undefined : part.next) {
    const queued = commandQueue.length;
    void lease.send(part.command, stream, undefined);
    if (commandQueue.length > queued) part.entry.written(lease.connection);
  }
}
