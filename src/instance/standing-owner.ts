import { copyOf, isPlain, settle } from '../adapters/ioredis.js';
import type { Client, Command } from '../connection/client.js';
import { isBlock, needsOwnConnection, type Rule, ruleOf } from '../connection/command-rules.js';
import { leavesOpen } from '../connection/multi-blocks.js';
import { refuse } from '../connection/rejection.js';
import { makeWritable } from '../connection/writable.js';
import { ANYWHERE } from '../core/call.js';
import type { Entry } from '../core/origin.js';
import { noop } from '../core/outcome.js';
import { sendCommand } from '../handle/handle.js';
import type { Exec, HandleOwner } from '../handle/overrides.js';
import { standingError, standingLifecycleError, withCallback } from '../handle/refusals.js';
import type { ScopedRedis } from '../handle/scoped-redis.js';
import type { Borrower } from '../lease/borrower.js';
import type { CallOptions } from '../options/options.js';
import { bringsReplies, isAnswer, type Reply } from './replies.js';
import type { Request, Runner } from './request.js';

/** A pipeline inside a scope. */
interface Pipeline {
  sendCommand(command: Command): unknown;
  exec(): Promise<Reply[]>;
}

/**
 * What stands behind `cache.redis`: a handle that holds no connection. Each command, and each pipeline in one piece, is a
 * scope of its own; the commands that were made on the handle settle when that is over.
 */
export class StandingOwner implements HandleOwner {
  readonly client = undefined;
  readonly origin: Client;
  readonly #runner: Runner;
  /** The commands of the pipeline that is being executed. */
  #piece: Command[] | undefined;

  constructor(origin: Client, runner: Runner) {
    this.origin = origin;
    this.#runner = runner;
  }

  send(command: Command, stream: unknown): Promise<unknown> {
    const unwritable = makeWritable(command);
    if (unwritable) return refuse(command, unwritable);
    const rule = ruleOf(command, this.origin);
    if (rule.plain && !this.#piece && this.#once && isPlain(command)) return this.#sendItself(command);
    // A piece has been inspected as a whole.
    const refusal = this.#piece ? undefined : refusalOf(command, rule, stream);
    if (refusal) return refuse(command, refusal);
    command.promise.catch(noop);
    if (this.#piece) this.#piece.push(command);
    else void this.#sendCopy(command);
    return command.promise;
  }

  inspect(commands: readonly Command[], pipeline: unknown): Error | undefined {
    let wrote = false;
    for (const command of commands) {
      const rule = ruleOf(command, this.origin);
      // What it counts is in the same piece, and so on the same connection.
      const counts = wrote && rule.effect === 'confirm';
      const refusal = makeWritable(command) ?? (counts ? undefined : refusalOf(command, rule, pipeline));
      if (refusal) return refusal;
      wrote ||= !rule.harmless;
    }
    return leavesOpen(commands, pipeline) ? standingError('multi') : undefined;
  }

  /** What `exec` hands over is sent in one piece, and what it makes of the replies is the result. */
  execute(exec: Exec, [callback]: unknown[], entry: Entry): unknown {
    const piece: Command[] = [];
    this.#piece = piece;
    try {
      const replies = exec();
      return withCallback(
        this.#sendTogether(piece, entry).then(() => replies),
        callback,
      );
    } finally {
      this.#piece = undefined;
    }
  }

  /** It holds no connection of which there could be something to hear. */
  forward(): void {}

  lifecycleRefusal(name: string): Error {
    return standingLifecycleError(name);
  }

  shown(): object {
    return { redis: this.#runner.closed ? 'closed' : 'standing', name: this.#runner.settings.name };
  }

  /** What is sent once at most, and is heard of by what is returned here alone, needs no copy; most commands are so. */
  #sendItself(command: Command): Promise<unknown> {
    const send = (lease: Borrower) => lease.send(command, undefined, undefined);
    const reply = this.#run(send, [command], true);
    // Who made the command may look at its own promise instead.
    reply.catch((error: unknown) => void refuse(command, error));
    return reply;
  }

  async #sendCopy(command: Command): Promise<void> {
    let taken: unknown;
    const send = (redis: ScopedRedis) => {
      taken = undefined;
      const reply = sendOn(redis, this.#copy(command, redis));
      reply.then((value) => {
        taken = value;
      }, noop);
      return reply;
    };
    try {
      settle(command, await this.#run(send, [command], false));
    } catch (error) {
      // What a blocking command had taken when the call was cut short would be lost else.
      if (taken === undefined || taken === null) refuse(command, error);
      else settle(command, taken);
    }
  }

  /** Rejects where there are no replies: nothing was sent, or the call was cut short. */
  async #sendTogether(commands: readonly Command[], entry: Entry): Promise<void> {
    if (commands.length === 0) return;
    let replies: Reply[] = [];
    const send = async (redis: ScopedRedis) => {
      replies = [];
      const pipeline = redis.pipeline() as unknown as Pipeline;
      for (const command of commands) pipeline.sendCommand(this.#copy(command, redis));
      replies = await pipeline.exec();
      // As `multi().exec()` has it, so that a refusal is told from what was done.
      const [failure] = replies.at(-1) as Reply;
      if (failure && commands.at(-1)?.name === 'exec') throw failure;
      return replies;
    };
    let cut: unknown;
    try {
      await this.#run(send, commands, false, entry);
    } catch (error) {
      cut = error;
      if (!bringsReplies(commands, replies)) {
        // On what EXEC is rejected with ioredis would hang the others' errors, which are the same one.
        for (const command of commands) if (command.name !== 'exec') refuse(command, error);
        throw error;
      }
    }
    for (const [index, command] of commands.entries()) {
      const reply = replies[index] as Reply;
      if (!reply[0]) settle(command, reply[1]);
      else refuse(command, cut === undefined || isAnswer(reply) ? reply[0] : cut);
    }
  }

  #run<T>(
    fn: Request<T>['fn'],
    commands: readonly Command[],
    bare: boolean,
    entry: Entry = sendCommand,
  ): Promise<Awaited<T>> {
    const waits = (command: Command) => {
      const rule = ruleOf(command, this.origin);
      return rule.blocks !== undefined && needsOwnConnection(command, rule, undefined);
    };
    const alone = !bare && commands.some(waits);
    const options = this.#over(commands);
    return this.#runner.run({ fn, bare, options, entry, alone });
  }

  /** A command is tried once, and as it was made. */
  get #once(): boolean {
    const { retry, connect } = this.#runner.settings;
    return retry.attempts === 1 && !connect;
  }

  /** A factory's client has a prefix of its own, which nobody knows before it is there. */
  #copy(command: Command, redis: ScopedRedis): Command {
    const prefix = this.#runner.settings.connect ? redis.options.keyPrefix : undefined;
    return copyOf(command, prefix, (copy) => sendOn(redis, copy));
  }

  /** What is asked of the scope beside what the instance says. */
  #over(commands: readonly Command[]): CallOptions | undefined {
    if (!this.#runner.settings.cluster) return undefined;
    const slot = commands.map((command) => command.getSlot?.()).find((each) => typeof each === 'number');
    return { key: slot === undefined ? ANYWHERE : { slot } };
  }
}

/** What would span calls. */
function refusalOf({ name }: Command, rule: Rule, stream: unknown): Error | undefined {
  if (rule.effect === 'none' || isBlock(rule, stream)) return undefined;
  return rule.effect === 'refused' ? standingLifecycleError(name) : standingError(name);
}

function sendOn(redis: ScopedRedis, command: Command): Promise<unknown> {
  return (redis as unknown as Client).sendCommand(command);
}
