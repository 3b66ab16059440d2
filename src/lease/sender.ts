import type { Client, Command } from '../connection/client.js';
import type { Rule } from '../connection/command-rules.js';
import type { CommandReport } from '../core/errors.js';
import { harbour } from '../handle/refusals.js';
import { Borrower } from './borrower.js';

/** A borrower of one connection, which knows of every command whether it was written. */
export abstract class Sender extends Borrower {
  #unsent: string[] | undefined;

  /** Notes a command that was written. */
  protected abstract sent(command: Command): void;

  protected transmit(
    client: Client,
    command: Command,
    rule: Rule,
    stream: unknown,
    node: unknown,
  ): Promise<unknown> {
    harbour(command);
    this.resource.observe(command);
    this.noteWrite(command, rule);
    const queued = client.commandQueue.length;
    const reply = client.sendCommand(command, this.resource.route(stream), node);
    if (client.commandQueue.length > queued) this.sent(command);
    else {
      leaveOut(stream, client);
      this.#noteUnsent(command);
    }
    return reply;
  }

  protected get unsent(): CommandReport[] {
    return (this.#unsent ?? []).map((name) => ({ name, status: 'not-sent' }));
  }

  #noteUnsent(command: Command): void {
    this.#unsent ??= [];
    this.#unsent.push(command.name);
    this.resource.noteLoss(command);
  }
}

/** ioredis turns commands away in subscriber mode, and a pipeline is written once all of its commands are. */
function leaveOut(stream: unknown, { status, stream: socket }: Client): void {
  const pipeline = stream as { isPipeline?: boolean; write(text: string): void } | undefined;
  if (pipeline?.isPipeline && status === 'ready' && socket.writable) pipeline.write('');
}
