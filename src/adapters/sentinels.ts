import type { RedisOptions } from 'ioredis';
import { addressOf, outside, type Place } from '../connection/address.js';
import type { Client, Send } from '../connection/client.js';
import { isReplyError } from '../connection/reply-error.js';
import { type Clock, within } from '../core/clock.js';
import { noop } from '../core/outcome.js';
import { closeClient } from './close-client.js';
import { DialAttempt } from './dial-attempt.js';
import { authenticate } from './handshake.js';
import { createSentinelClient, senderOf } from './ioredis.js';

/** What one sentinel knows. */
export interface Answer {
  readonly place: Place;
  /** It does not reach enough others to be told of another master. */
  readonly isAlone: boolean;
}

/** Why a sentinel is of no help. */
export class SentinelError extends Error {
  override readonly name = 'SentinelError';

  constructor(
    message: string,
    /** Asking it again cannot help. */
    readonly permanent = false,
    /** Whom it names nevertheless: a server that may have been replaced without its knowing. */
    readonly named?: Place,
  ) {
    super(message);
  }
}

/** The sentinels of one group, those asked first that answered last. */
export class Sentinels {
  readonly #options: RedisOptions;
  readonly #clock: Clock;
  readonly #forceMs: number;
  readonly #configured: readonly Place[];
  #places: readonly Place[];

  constructor(options: RedisOptions, clock: Clock, forceMs: number) {
    this.#options = options;
    this.#clock = clock;
    this.#forceMs = forceMs;
    this.#configured = (options.sentinels ?? []).map(({ host = '127.0.0.1', port = 26_379 }) => ({
      host,
      port,
    }));
    this.#places = this.#configured;
  }

  get places(): readonly Place[] {
    return this.#places;
  }

  /** Each of them once, those that are told of meanwhile too. */
  *inTurn(): Iterable<Place> {
    const asked = new Set<Place>();
    for (;;) {
      const next = this.#places.find((place) => !asked.has(place));
      if (!next) return;
      asked.add(next);
      yield next;
    }
  }

  /** The next dial begins here. */
  prefer(place: Place): void {
    const index = Math.max(0, this.#places.indexOf(place));
    this.#places = [...this.#places.slice(index), ...this.#places.slice(0, index)];
  }

  /** Asked when all others have been. */
  avoid(place: Place): void {
    const others = this.#places.filter((each) => each !== place);
    // It may have been forgotten meanwhile.
    if (others.length < this.#places.length) this.#places = [...others, place];
  }

  /** Who is the master, or a replica, by what one sentinel knows; no socket is left when it settles. */
  ask(sentinel: Place, boundMs: number, interruption: Promise<never>): Promise<Answer> {
    return this.talk(sentinel, interruption, (client) =>
      within(this.#clock, boundMs, this.#resolve(sentinel, client), () => {
        throw new SentinelError(`no answer within ${Math.round(boundMs)} ms (TLS? a firewall?)`);
      }),
    );
  }

  /** Runs `fn` with a client of a sentinel, which is closed after it. */
  async talk<T>(
    sentinel: Place,
    interruption: Promise<never>,
    fn: (client: Client) => Promise<T>,
  ): Promise<T> {
    const client = createSentinelClient({ ...this.#options, ...sentinel });
    const attempt = new DialAttempt(sentinel);
    attempt.follow(client, true);
    try {
      return await Promise.race([fn(client), interruption]);
    } catch (error) {
      throw isReplyError(error) || error instanceof SentinelError ? error : (attempt.failure ?? error);
    } finally {
      await closeClient(client, this.#forceMs, this.#clock);
    }
  }

  /** Connects, and says who we are; the first command goes with it. */
  async open(client: Client): Promise<Send> {
    await client.connect();
    const send = senderOf(client);
    const { sentinelUsername, sentinelPassword } = this.#options;
    if (sentinelPassword) await authenticate(send, sentinelUsername, sentinelPassword);
    return send;
  }

  /** Whether it does not reach enough others, by its own words; one that may not be asked is taken for one of them. */
  isAlone(send: Send): Promise<boolean> {
    return send('sentinel', 'ckquorum', this.#options.name ?? '').then(
      () => false,
      (error: unknown) => isReplyError(error) && error.message.startsWith('NOQUORUM'),
    );
  }

  async #resolve(sentinel: Place, client: Client): Promise<Answer> {
    const send = await this.open(client);
    const { name = '', role = 'master', updateSentinels = true } = this.#options;
    const isAlone = this.isAlone(send);
    const place = role === 'slave' ? await this.#replica(send, name) : await this.#master(send, name);
    // Without it there are those that are known.
    if (updateSentinels)
      await send('sentinel', 'sentinels', name)
        .then(async (reply) => (await isAlone) || this.#learn(sentinel, reply))
        .catch(noop);
    return { place: this.outside(place), isAlone: await isAlone };
  }

  async #master(send: Send, name: string): Promise<Place> {
    const reply = await send('sentinel', 'get-master-addr-by-name', name);
    if (!Array.isArray(reply)) throw new SentinelError(`no group "${name}" is known here`, true);
    return { host: String(reply[0]), port: Number(reply[1]) };
  }

  async #replica(send: Send, name: string): Promise<Place> {
    const rows = ((await send('sentinel', 'slaves', name)) as string[][]).map(fieldsOf);
    const alive = rows.filter(({ flags = '' }) => !/disconnected|s_down|o_down/.test(flags));
    const chosen = choose(alive, this.#options.preferredSlaves);
    if (!chosen) throw new SentinelError(`the group "${name}" has no replica that is up`);
    return { host: String(chosen.ip), port: Number(chosen.port) };
  }

  /** What it tells goes over what was told before: whoever is gone would cost its share of each dial for ever. */
  #learn(sentinel: Place, reply: unknown): void {
    const told = new Map<string, Place>();
    for (const { ip, port, flags = '' } of (reply as string[][]).map(fieldsOf)) {
      if (ip === undefined || /disconnected/.test(flags)) continue;
      const place = this.outside({ host: ip, port: Number(port) });
      told.set(addressOf(place), place);
    }
    const lasting = [...this.#configured, sentinel];
    const kept = this.#places.filter((place) => lasting.includes(place) || told.has(addressOf(place)));
    for (const place of kept) told.delete(addressOf(place));
    this.#places = [...kept, ...told.values()];
  }

  /** Where a server that calls itself so can be reached from here. */
  outside(place: Place): Place {
    return outside(place, this.#options.natMap);
  }
}

type Fields = Readonly<Record<string, string | undefined>>;

function fieldsOf(row: readonly string[]): Fields {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < row.length; index += 2)
    fields[row[index] as string] = row[index + 1] as string;
  return fields;
}

/** As ioredis chooses: by function, by a list in order of priority, else the first. */
function choose(replicas: readonly Fields[], preferred: RedisOptions['preferredSlaves']): Fields | undefined {
  if (typeof preferred === 'function') {
    const chosen = preferred(replicas as never);
    if (chosen) return chosen as unknown as Fields;
  } else if (preferred) {
    const list = [preferred].flat() as { ip: string; port: string; prio?: number }[];
    for (const { ip, port } of list.sort((a, b) => (a.prio ?? 1) - (b.prio ?? 1))) {
      const found = replicas.find((each) => each.ip === ip && each.port === String(port));
      if (found) return found;
    }
  }
  return replicas[0];
}
