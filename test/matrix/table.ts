import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './suites.js';

const page = fileURLToPath(new URL('../README.md', import.meta.url));
const marks = ['<!-- matrix: written by npm run test:matrix -->', '<!-- end of matrix -->'] as const;

type Row = ReadonlyMap<string, Verdict>;

export interface Results {
  /** By Node, and ioredis or what else was run there. */
  readonly nodes: ReadonlyMap<string, Row>;
  /** By server, and ioredis. */
  readonly servers: ReadonlyMap<string, Row>;
  readonly places: Row;
  readonly compilers: Row;
  /** What all Nodes were run against. */
  readonly own: string;
  /** What the other servers were run with. */
  readonly ours: string;
}

export function format({ nodes, servers, places, compilers, own, ours }: Results): string {
  const elsewhere = [...places].map(([name, verdict]) => [name, cell(verdict)]);
  const checked = [...compilers].map(([version, { ok }]) => `${version} ${ok ? '✓' : '✗'}`);
  return [
    grid(own, nodes),
    `The contract suite, and those on Sentinel, TLS, state that is left behind and blocking commands, with ${ours}:`,
    grid('server', servers),
    'The checks of [everywhere.mjs](package/consumer/everywhere.mjs), in a new project with the packed tarball:',
    table(['in', 'checks'], elsewhere),
    `TypeScript: ${checked.join(', ')}.`,
    `Tests and checks passed in each, ${new Date().toISOString().slice(0, 10)}.`,
  ].join('\n\n');
}

function grid(corner: string, rows: ReadonlyMap<string, Row>): string {
  const columns = [...new Set([...rows.values()].flatMap((row) => [...row.keys()]))];
  const lines = [...rows].map(([name, row]) => [name, ...columns.map((column) => cell(row.get(column)))]);
  return table([corner, ...columns], lines);
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function cell(verdict: Verdict | undefined): string {
  if (!verdict) return '';
  return verdict.ok ? `✓ ${verdict.passed}` : `✗ ${verdict.failed.length} failed`;
}

export function writeTable(text: string): void {
  const before = readFileSync(page, 'utf8');
  const [from, to] = [before.indexOf(marks[0]) + marks[0].length, before.indexOf(marks[1])];
  if (to < from) throw new Error('test/README.md has no marks for the matrix');
  writeFileSync(page, `${before.slice(0, from)}\n\n${text}\n\n${before.slice(to)}`);
}
