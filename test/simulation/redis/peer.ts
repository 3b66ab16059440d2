import type { End, Wire } from '../world/wire.js';
import { type Bytes, encode, Failure, RequestReader } from './resp.js';
import type { Session } from './session.js';

/** What a connection needs of its server. */
export interface Host {
  readonly peers: Set<Peer>;
  serve(peer: Peer): void;
}

/** How a server ends its connections. */
export type Ending = 'finish' | 'reset' | 'silently' | 'mutely';

/** A connection as the server sees it. */
export class Peer implements End {
  readonly session: Session;
  readonly wire: Wire;
  /** How often it has heard by now what nobody had asked for. */
  heard = 0;
  readonly inbox: Bytes[][] = [];
  readonly #reader = new RequestReader();
  readonly #server: Host;

  constructor(server: Host, wire: Wire, session: Session) {
    this.#server = server;
    this.wire = wire;
    this.session = session;
    wire.toServer.receiver = this;
  }

  data(bytes: Buffer): void {
    const commands = this.#reader.read(bytes);
    if (!commands) {
      this.say(encode(new Failure("ERR Protocol error: expected '*'"), 2));
      this.close('finish');
      return;
    }
    this.inbox.push(...commands);
    this.#server.serve(this);
  }

  finished(): void {
    this.close('finish');
  }

  reset(): void {
    this.close('finish');
  }

  say(text: Bytes): void {
    if (text !== '') this.wire.toClient.send(Buffer.from(text, 'latin1'));
  }

  close(how: Ending): void {
    if (!this.#server.peers.delete(this)) return;
    this.session.state.sessions.delete(this.session.id);
    if (how === 'silently') this.wire.forgetServer();
    else if (how === 'mutely') this.wire.loseServer();
    else this.wire.closeServer(how);
  }
}
