import { Chart, type Member, newMembership } from '../redis/cluster.js';
import type { RedisServer } from '../redis/server.js';
import type { ServerState, Session } from '../redis/session.js';

/** Servers of another cluster, each of which owns all that there is, at addresses of nodes that have left this one. */
export class Strangers {
  /** Connections that were there before are not asked again who they lead to. */
  readonly #knew = new Map<ServerState, ReadonlySet<Session>>();
  readonly #violate: (what: string) => void;

  constructor(violate: (what: string) => void) {
    this.#violate = violate;
  }

  /** From now on it is one of them, at the place of a member. */
  settle({ state }: RedisServer, { id, host, port }: Member): void {
    const me = { id: id.replace(/^0/, 'f'), host, port };
    state.cluster = newMembership(me, Chart.even([{ master: me, replicas: [] }]));
    state.mood.replica = false;
    this.#knew.set(state, new Set(state.sessions.values()));
  }

  /** Somebody has a connection from before, and cannot know whom it leads to by now. */
  get deceive(): boolean {
    return [...this.#knew].some(([{ sessions }, known]) => [...known].some(({ id }) => sessions.has(id)));
  }

  witness(session: Session, command: readonly string[]): void {
    if (this.#knew.get(session.state)?.has(session) === false)
      this.#violate(`${command[0]} went to another cluster`);
  }
}
