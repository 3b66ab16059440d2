import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { KEY_PREFIX } from './keys.js';

const FOLLOWED = ['scope', 'acquire', 'release', 'connect'] as const;
type Followed = (typeof FOLLOWED)[number];

const CHANNELS = FOLLOWED.map(
  (name) => [name, tracingChannel<unknown, Message>(`with-redis:${name}`)] as const,
);
/** Published by ioredis as it writes a command. */
const COMMANDS = channel('tracing:ioredis:command:start');

/** What a command is done for, to whoever traces it. */
const issuer = new AsyncLocalStorage<object>();

interface Message {
  readonly error?: unknown;
  readonly waitMs?: number;
  readonly heldMs?: number;
  readonly disposition?: string;
  readonly reason?: string;
  readonly inFlight?: readonly string[];
}

/** Of a command, as ioredis tells it. */
interface Sent {
  readonly command: string;
  readonly args: readonly string[];
}

/** Somebody who follows on channels what the package does, as tracing does. */
export class Traces {
  readonly #violate: (what: string) => void;
  /** Commands are followed back to whoever issued them. Node's contexts cost time. */
  readonly #knowsIssuers: boolean;
  /** What has begun and is not over. */
  readonly #underWay = new Map<Message, Followed>();
  readonly #told = { acquired: 0, released: 0 };
  readonly #issuers = new Map<string, object>();
  readonly #ends: (() => void)[] = [];

  constructor(violate: (what: string) => void, knowsIssuers: boolean) {
    this.#violate = violate;
    this.#knowsIssuers = knowsIssuers;
    for (const [name, tracing] of CHANNELS) {
      const start = (message: Message) => void this.#underWay.set(message, name);
      const asyncEnd = (message: Message) => this.#ended(name, message);
      this.#subscribe(tracing.start, start as never);
      this.#subscribe(tracing.asyncEnd, asyncEnd as never);
    }
    if (knowsIssuers) this.#subscribe(COMMANDS, (message) => this.#sent(message as Sent));
  }

  /** Runs what issues commands. */
  issue<T>(who: object, run: () => T): T {
    return this.#knowsIssuers ? issuer.run(who, run) : run();
  }

  /** From now on commands about the key are those of whoever runs. */
  own(key: string): void {
    const who = this.#knowsIssuers && issuer.getStore();
    if (who) this.#issuers.set(key, who);
  }

  /** Nothing goes on any more. */
  expectOver(): void {
    for (const name of this.#underWay.values()) this.#violate(`the trace of a ${name} never ends`);
    const { acquired, released } = this.#told;
    if (released !== acquired) this.#violate(`${acquired} acquired and ${released} released were traced`);
  }

  leave(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #subscribe(
    to: Pick<typeof COMMANDS, 'subscribe' | 'unsubscribe'>,
    listener: (message: unknown) => void,
  ): void {
    to.subscribe(listener);
    this.#ends.push(() => to.unsubscribe(listener));
  }

  #ended(name: Followed, message: Message): void {
    if (!this.#underWay.delete(message)) this.#violate(`the trace of a ${name} ends and has not begun`);
    if (name === 'acquire' && !('error' in message)) this.#told.acquired += 1;
    if (name !== 'release') return;
    this.#told.released += 1;
    const { disposition, reason, heldMs, inFlight } = message;
    if (!disposition || !reason || heldMs === undefined || !inFlight)
      this.#violate(`a release is traced, and not how it ended: ${disposition}, ${reason}, ${heldMs}`);
  }

  #sent({ command, args: [key = ''] }: Sent): void {
    const who = this.#issuers.get(key.replace(KEY_PREFIX, ''));
    if (who && who !== issuer.getStore())
      this.#violate(
        `${command} ${key} is sent in the context of ${issuer.getStore() ? 'somebody else' : 'nobody'}`,
      );
  }
}
