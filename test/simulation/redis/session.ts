import type { Membership } from './cluster.js';
import type { Group } from './commands/sentinels.js';
import { Keyspace } from './keyspace.js';
import { matches } from './pattern.js';
import { type Bytes, encode, Push, type Reply } from './resp.js';

/** What a command that blocks waits for. */
export interface Block {
  readonly db: number;
  readonly keys: readonly Bytes[];
  /** The reply, if there is something to be had now. */
  serve(): Reply | undefined;
  /** What it gets when nothing comes. */
  readonly nothing: Reply;
  readonly until: number;
}

/** What the server knows of one connection. */
export class Session {
  db = 0;
  name: Bytes = '';
  user = 'default';
  authenticated: boolean;
  protocol: 2 | 3 = 2;
  /** Commands since MULTI. */
  queued: Bytes[][] | undefined;
  /** One of them could not be queued, so EXEC will refuse. */
  spoilt = false;
  executing = false;
  /** A WATCH was refused, and no other has ended since. */
  watchRefused = false;
  /** Of what is executed: under which WATCH its EXEC came. */
  guard: 'none' | 'refused' | 'kept' = 'none';
  readonly watched: { readonly db: number; readonly key: Bytes }[] = [];
  /** A watched key has changed. */
  disturbed = false;
  readonly channels = {
    subscribe: new Set<Bytes>(),
    psubscribe: new Set<Bytes>(),
    ssubscribe: new Set<Bytes>(),
  };
  replies: 'on' | 'off' | 'skip next' | 'skip' = 'on';
  /** It has been kept from answering, so its client cannot tell what answers what. */
  silenced = false;
  tracking = false;
  monitoring = false;
  noEvict = false;
  asking = false;
  readOnly = false;
  block: Block | undefined;
  closeAfterReply = false;
  #output = '';

  constructor(
    readonly id: number,
    readonly state: ServerState,
  ) {
    this.authenticated = state.password === undefined;
  }

  get keys(): Keyspace {
    return this.state.database(this.db);
  }

  get subscriptions(): number {
    return this.channels.subscribe.size + this.channels.psubscribe.size;
  }

  /** Commands are few while a RESP2 connection listens to channels. */
  get listensOnly(): boolean {
    return this.protocol === 2 && this.subscriptions + this.channels.ssubscribe.size > 0;
  }

  answer(reply: Reply): void {
    if (this.replies === 'on') this.#output += encode(reply, this.protocol);
  }

  /** The beginning of a list, whose items are answered one by one. */
  answerList(length: number): void {
    if (this.replies === 'on') this.#output += `*${length}\r\n`;
  }

  /** Not the answer to a command, so nothing holds it back. */
  tell(push: Push): void {
    this.#output += encode(push, this.protocol);
  }

  /** What it waits for will not come; whoever runs commands sees that it gets this instead. */
  give(reply: Reply): void {
    if (!this.block) return;
    const over = { keys: [], until: Number.NEGATIVE_INFINITY };
    this.block = { ...this.block, ...over, serve: () => reply, nothing: reply };
  }

  take(): Bytes {
    const output = this.#output;
    this.#output = '';
    return output;
  }

  /** As RESET leaves it, and as it was when it was new. */
  reset(): void {
    this.db = 0;
    this.queued = undefined;
    this.spoilt = false;
    this.unwatch();
    for (const kind of Object.values(this.channels)) kind.clear();
    this.replies = 'on';
    this.tracking = false;
    this.monitoring = false;
    this.asking = false;
    this.readOnly = false;
    this.protocol = 2;
    this.name = '';
    this.authenticated = this.state.password === undefined;
  }

  unwatch(): void {
    this.watched.length = 0;
    this.disturbed = false;
    this.watchRefused = false;
  }
}

/** Errors that a server gives to whole kinds of commands. */
export interface Mood {
  /** Its data is not there yet. `all`: AUTH and SELECT are refused too, as other makes do. */
  loading: 'no' | 'yes' | 'all';
  replica: boolean;
  misconf: boolean;
  outOfMemory: boolean;
  busy: boolean;
}

/** Told of every command that is executed, inside of transactions and scripts too. */
export type Witness = (session: Session, command: readonly Bytes[], reply: Reply) => void;

/** All that a server holds. */
export class ServerState {
  mood: Mood = { loading: 'no', replica: false, misconf: false, outOfMemory: false, busy: false };
  password: Bytes | undefined;
  maxClients = 10_000;
  /** Of a sentinel. */
  group: Group | undefined;
  /** Of a node of a cluster. */
  cluster: Membership | undefined;
  readonly sessions = new Map<number, Session>();
  /** Scripts by their SHA1. */
  readonly scripts = new Map<string, Bytes>();
  readonly #databases: Keyspace[] = [];
  #nextId = 1;
  readonly now: () => number;
  readonly witness: Witness;
  /** Keys that have grown, for which somebody may block. */
  readonly grown: { readonly db: number; readonly key: Bytes }[] = [];

  constructor(now: () => number, witness: Witness) {
    this.now = now;
    this.witness = witness;
  }

  open(): Session {
    const session = new Session(this.#nextId++, this);
    this.sessions.set(session.id, session);
    return session;
  }

  database(db: number): Keyspace {
    this.#databases[db] ??= new Keyspace(this.now, (key) => this.#changed(db, key));
    return this.#databases[db];
  }

  clear(): void {
    for (const database of this.#databases) database?.clear();
  }

  publish(kind: 'subscribe' | 'ssubscribe', channel: Bytes, text: Bytes): number {
    let heard = 0;
    for (const session of this.sessions.values()) {
      if (session.channels[kind].has(channel)) {
        heard += 1;
        session.tell(new Push([kind === 'subscribe' ? 'message' : 'smessage', channel, text]));
      }
      if (kind === 'ssubscribe') continue;
      for (const pattern of session.channels.psubscribe) {
        if (!matches(pattern, channel)) continue;
        heard += 1;
        session.tell(new Push(['pmessage', pattern, channel, text]));
      }
    }
    return heard;
  }

  #changed(db: number, key: Bytes): void {
    this.grown.push({ db, key });
    for (const session of this.sessions.values()) {
      if (session.watched.length === 0) continue;
      if (session.watched.some((watched) => watched.db === db && watched.key === key))
        session.disturbed = true;
    }
  }
}
