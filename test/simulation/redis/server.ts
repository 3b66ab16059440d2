import type { Listener } from '../world/network.js';
import type { Ether, Wire } from '../world/wire.js';
import type { Chart } from './cluster.js';
import { convert } from './conversion.js';
import { execute } from './executor.js';
import { WrongType } from './keyspace.js';
import { type Ending, type Host, Peer } from './peer.js';
import type { Bytes, Reply } from './resp.js';
import { ServerState, type Session, type Witness } from './session.js';

/** What nobody has asked for. */
const UNCALLED = '+UNCALLED\r\n';

/** A Redis in memory, reached over the network of the world. */
export class RedisServer implements Listener, Host {
  readonly peers = new Set<Peer>();
  readonly #peerOf = new WeakMap<Wire, Peer>();
  state: ServerState;
  /** Nobody is there to accept. */
  down = false;
  /** It does nothing for a while, like a process that is stopped. */
  #paused = false;
  readonly #ether: Ether;
  readonly #now: () => number;

  constructor(ether: Ether, now: () => number, witness: Witness) {
    this.#ether = ether;
    this.#now = now;
    this.state = new ServerState(now, witness);
  }

  accept(wire: Wire): boolean {
    if (this.down) return false;
    const peer = new Peer(this, wire, this.state.open());
    this.peers.add(peer);
    this.#peerOf.set(wire, peer);
    this.#ether.trace.note('accept', wire.serial);
    if (this.peers.size > this.state.maxClients) {
      peer.say('-ERR max number of clients reached\r\n');
      peer.close('finish');
    }
    return true;
  }

  /** The server's side of a connection, also after its end. */
  peerOf(wire: Wire | undefined): Peer | undefined {
    return wire && this.#peerOf.get(wire);
  }

  /** Says something that nobody has asked for, on every connection where nothing is asked. */
  speak(): void {
    for (const peer of this.peers) {
      const asked = peer.inbox.length > 0 || peer.session.block !== undefined || !peer.wire.quiet;
      const client = peer.wire.toClient.receiver;
      if (asked || !client || peer.session.listensOnly || peer.session.silenced) continue;
      peer.heard += 1;
      client.data(Buffer.from(UNCALLED));
    }
  }

  /** Tells whoever listens to the channel. */
  announce(channel: Bytes, text: Bytes): void {
    this.state.publish('subscribe', channel, text);
    // One that hangs says so later.
    if (!this.#paused) this.#flush();
  }

  /** It hears who owns what in its cluster. */
  hear(chart: Chart, down = false): void {
    convert(this.state, chart, down);
    this.#wake();
    this.#flush();
  }

  stop(): void {
    this.down = true;
    this.drop('reset');
  }

  /** Takes no more clients than it has now. */
  fill(): void {
    this.state.maxClients = this.peers.size;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const peer of [...this.peers]) this.serve(peer);
  }

  /** Ends every connection, as the end of the process or of the machine does. */
  drop(how: Ending): void {
    for (const peer of [...this.peers]) peer.close(how);
  }

  /** The process begins anew, without its data. */
  restart(): void {
    this.drop('reset');
    const { password, maxClients, witness, cluster } = this.state;
    const { replica } = this.state.mood;
    this.state = new ServerState(this.#now, witness);
    Object.assign(this.state, { password, maxClients, cluster });
    // A node knows what it is.
    if (cluster) this.state.mood.replica = replica;
    this.down = false;
    this.#paused = false;
  }

  /** Executes what has come in, and sends the replies in one piece. */
  serve(peer: Peer): void {
    if (this.#paused) return;
    const { session, inbox } = peer;
    while (inbox.length > 0 && !session.block && !session.closeAfterReply) {
      const command = inbox.shift() as Bytes[];
      if (command.length > 0) this.#answer(peer, command);
    }
    this.#wake();
    this.#flush();
  }

  #answer({ session, wire }: Peer, command: Bytes[]): void {
    this.#ether.trace.note('command', wire.serial, command.join(' '));
    if (session.replies === 'skip next') session.replies = 'skip';
    else if (session.replies === 'skip') session.replies = 'on';
    const skipping = session.replies === 'skip';
    const reply = execute(session, command);
    session.answer(reply);
    if (skipping) session.replies = 'on';
    if (session.block) this.#sleepUntil(session);
  }

  #sleepUntil(session: Session): void {
    const block = session.block;
    if (!block || block.until === Number.POSITIVE_INFINITY) return;
    const { loop } = this.#ether;
    loop.elsewhere(loop.now + Math.max(1, block.until - this.#now()), () => {
      if (session.block === block) this.#unblock(session, block.nothing);
    });
  }

  /** Serves who waits for keys that have grown, the oldest first. */
  #wake(): void {
    const { grown, sessions } = this.state;
    for (const session of sessions.values()) {
      if (session.block?.until === Number.NEGATIVE_INFINITY) this.#unblock(session, session.block.nothing);
    }
    while (grown.length > 0) {
      const { db, key } = grown.shift() as (typeof grown)[number];
      for (const session of sessions.values()) {
        if (session.block?.db !== db || !session.block.keys.includes(key)) continue;
        const reply = attempt(session.block.serve);
        if (reply !== undefined) this.#unblock(session, reply);
      }
    }
  }

  #unblock(session: Session, reply: Reply): void {
    session.block = undefined;
    session.answer(reply);
    const peer = [...this.peers].find((each) => each.session === session);
    if (peer) this.#ether.loop.elsewhere(0, () => this.serve(peer));
  }

  #flush(): void {
    for (const peer of this.peers) {
      const text = peer.session.take();
      if (text !== '') peer.say(text);
      // Leaving the set while it is walked through is safe.
      if (peer.session.closeAfterReply) peer.close('finish');
    }
  }
}

/** A key of another type is none that a blocked client waits for. */
function attempt(serve: () => Reply | undefined): Reply | undefined {
  try {
    return serve();
  } catch (error) {
    if (error instanceof WrongType) return undefined;
    throw error;
  }
}
