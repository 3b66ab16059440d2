import { type ClientRow, hostOf, parseClientList } from '../testing/client-list.js';
import { printable } from './printable.js';

export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Clients of one name from one address. */
export interface ClientGroup {
  readonly name: string;
  readonly address: string;
  readonly connections: number;
  readonly ageSeconds: Range;
  readonly idleSeconds: Range;
}

export interface ClientReport {
  /** Our own connection left out. */
  readonly connected: number;
  /** `null` where the server keeps it to itself. */
  readonly maxclients: number | null;
  readonly groups: readonly ClientGroup[];
}

export function reportClients(list: string, ownId: number, maxclients: number | null): ClientReport {
  const rows = parseClientList(list).filter(({ id }) => id !== ownId);
  return { connected: rows.length, maxclients, groups: groupClients(rows) };
}

/** The largest first. */
function groupClients(rows: readonly ClientRow[]): ClientGroup[] {
  const groups = new Map<string, ClientRow[]>();
  for (const row of rows) {
    const key = `${row.name} ${hostOf(row.addr)}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map(toGroup).sort((one, other) => other.connections - one.connections);
}

function toGroup(rows: readonly ClientRow[]): ClientGroup {
  const [first] = rows as [ClientRow];
  return {
    name: first.name,
    address: hostOf(first.addr),
    connections: rows.length,
    ageSeconds: rangeOf(rows.map(({ ageSeconds }) => ageSeconds)),
    idleSeconds: rangeOf(rows.map(({ idleSeconds }) => idleSeconds)),
  };
}

function rangeOf(values: readonly number[]): Range {
  return { least: Math.min(...values), most: Math.max(...values) };
}

export function formatClients({ connected, maxclients, groups }: ClientReport): string {
  const rows = groups.map(({ name, address, connections, ageSeconds, idleSeconds }) => [
    printable(name) || '(no name)',
    printable(address),
    String(connections),
    formatRange(ageSeconds),
    formatRange(idleSeconds),
  ]);
  const table = [['NAME', 'ADDRESS', 'CONNECTIONS', 'AGE', 'IDLE'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
  return [...lines.map((line) => line.trimEnd()), '', headroom(connected, maxclients)].join('\n');
}

function headroom(connected: number, maxclients: number | null): string {
  const clients = connected === 1 ? '1 client' : `${connected} clients`;
  if (maxclients === null) return `${clients}; the server does not tell its maxclients`;
  return `${clients} of ${maxclients} (maxclients): room for ${maxclients - connected} more`;
}

function formatRange({ least, most }: Range): string {
  return least === most ? formatSeconds(most) : `${formatSeconds(least)} to ${formatSeconds(most)}`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
