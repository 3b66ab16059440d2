import type { Client, Command } from '../connection/client.js';
import { noop } from '../core/outcome.js';
import type { Address } from './plan.js';
import type { NodeLease } from './router.js';
import type { Unit } from './unit.js';

/** A scope's way to one node. What is submitted before it is open waits, so that its order is kept. */
export class Lane {
  #waiting: Unit[] = [];
  /** Once it is open. */
  lease: NodeLease | undefined;

  constructor(readonly address: Address) {}

  /** Of the first that waits. */
  get slot(): number | undefined {
    return this.#waiting[0]?.slot;
  }

  submit(unit: Unit): void {
    unit.at = this.address;
    if (this.lease) send(unit, this.lease);
    else this.#waiting.push(unit);
  }

  opened(lease: NodeLease): void {
    this.lease = lease;
    for (const unit of this.takeWaiting()) send(unit, lease);
  }

  takeWaiting(): Unit[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}

function send(unit: Unit, lease: NodeLease): void {
  const { client } = lease.connection;
  const asking = unit.redirect?.kind === 'ASK';
  unit.begin();
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
    (client as Client & { asking(): Promise<unknown> }).asking().catch(noop);
    connection.written += 1;
  }
  transmit(unit, lease, directly);
}

function transmit(unit: Unit, lease: NodeLease, stream: unknown): void {
  const { commandQueue } = lease.connection.client;
  // A copy: a command that is refused at once may end the unit, and what follows may add to it.
  for (const command of [...unit.commands] as Command[]) {
    const queued = commandQueue.length;
    void lease.send(command, stream, undefined);
    if (commandQueue.length > queued) unit.wasWritten(command);
  }
}
