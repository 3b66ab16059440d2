import { Chart, type Member, newMembership } from './cluster.js';
import { execute } from './executor.js';
import { Line } from './line.js';
import { ServerState, type Session } from './session.js';

/** Three masters, and a replica of each. */
export function chartOf(members: readonly Member[]): Chart {
  const masters = members.slice(0, 3);
  return Chart.even(masters.map((master, at) => ({ master, replicas: [members[at + 3] as Member] })));
}

/** A node in memory that believes what the real ones know. */
export function stateOf(me: Member, chart: Chart): ServerState {
  const state = new ServerState(Date.now, () => {});
  state.cluster = newMembership(me, chart);
  state.mood.replica = !chart.shards.some(({ master }) => master.id === me.id);
  return state;
}

/** Redis goes through its own tables here, or others are told too. */
const UNORDERED = /unsubscribe$|^s?publish$/i;
const sorted = (text: string) => [...text].sort().join('');

/** A connection to a real server and one to a server in memory, which are to hear the same. */
export class Pair {
  readonly line: Line;
  readonly session: Session;

  constructor(port: number, state: ServerState) {
    this.line = new Line(port);
    this.session = state.open();
  }

  /** What one of them says; undefined where both say the same. */
  async ask(command: readonly string[]): Promise<string | undefined> {
    this.line.ask(command);
    this.session.answer(execute(this.session, command));
    return this.compare(UNORDERED.test(command[0] as string));
  }

  async compare(isUnordered = false): Promise<string | undefined> {
    const ours = this.session.take();
    const theirs = await this.line.hear(ours.length);
    if (theirs === ours || (isUnordered && sorted(theirs) === sorted(ours))) return undefined;
    return `${JSON.stringify(theirs)}\n not: ${JSON.stringify(ours)}`;
  }
}
