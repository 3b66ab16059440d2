import { type ClientRow, hostOf, portOf } from './client-list.js';
import { remoteOf } from './dials.js';
import type { OldSockets } from './old-sockets.js';
import { findOwners } from './process-sockets.js';
import type { ProcessWatch } from './watch.js';
import type { Witness } from './witness.js';

/** A client of the server that this thread has not opened. */
export interface OutsideClient {
  readonly row: ClientRow;
  /** Of the process that has; `undefined` where nobody knows. */
  readonly pid: number | undefined;
}

/** What the server says, beside what this process knows. */
export interface Testimony {
  /** Local ports of the clients that it has. */
  readonly ports: ReadonlySet<number>;
  /** Those that came since the beginning, and that this thread has not opened, but its process or machine may have. */
  readonly outside: readonly OutsideClient[];
}

export interface Census {
  /** Other threads of this process, or processes that it has started, had connections to the server before the check. */
  readonly hadOutside: boolean;
  take(): Promise<Testimony>;
  /** How many connections the server has accepted since then, whoever opened them. */
  accepted(): Promise<number>;
}

const NOTHING: Testimony = { ports: new Set(), outside: [] };

/**
 * Worker threads and child processes are seen by the server alone. It has other users: theirs come from processes that are
 * none of ours, where that can be told, else from other addresses. Who is left is told by the pace of the calls.
 */
export function createCensus(witness: Witness, watch: ProcessWatch, old: OldSockets): Census {
  const { clients: first, accepted: acceptedBefore } = witness.before;
  const lastId = first.reduce((last, { id }) => Math.max(last, id), 0);
  const take = async () => {
    const rows = await witness.clients();
    if (!rows) return NOTHING;
    const strangers = withoutOurs(
      rows.filter(({ id }) => id > lastId),
      witness,
      watch,
    );
    const ports = new Set(rows.map(({ addr }) => portOf(addr)));
    return { ports, outside: withoutForeign(strangers, witness) };
  };
  const accepted = async () => ((await witness.accepted()) ?? 0) - (acceptedBefore ?? 0);
  const strangers = first.filter(({ addr }) => !old.ports.has(portOf(addr)));
  return { hadOutside: withoutForeign(strangers, witness).length > 0, take, accepted };
}

/** Our ports tell our own clients, unless something in between changes them: then it is the number of ours. */
function withoutOurs(
  rows: readonly ClientRow[],
  witness: Witness,
  watch: ProcessWatch,
): readonly ClientRow[] {
  const open = watch.open();
  if (!witness.seesPorts) return rows.slice(open.filter((dial) => remoteOf(dial) === witness.remote).length);
  const ours = new Set(open.map(({ socket }) => socket.localPort));
  return rows.filter(({ addr }) => !ours.has(portOf(addr)));
}

function withoutForeign(rows: readonly ClientRow[], { seesPorts, host }: Witness): OutsideClient[] {
  if (rows.length === 0) return [];
  const owners = seesPorts ? findOwners(new Set(rows.map(({ addr }) => portOf(addr)))) : undefined;
  if (!owners)
    return rows.filter(({ addr }) => hostOf(addr) === host).map((row) => ({ row, pid: undefined }));
  return rows.flatMap((row) => {
    const pid = owners.get(portOf(row.addr));
    return pid === undefined ? [] : [{ row, pid }];
  });
}
