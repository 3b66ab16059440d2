import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './suites.js';

const page = fileURLToPath(new URL('../README.md', import.meta.url));
const marks = ['<!-- matrix: written by npm run test:matrix -->', '<!-- end of matrix -->'] as const;

export interface Results {
  /** By server, Node, and ioredis or what else was run there. */
  readonly cells: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Verdict>>>;
  readonly compilers: ReadonlyMap<string, Verdict>;
}

/** One table for each server, and a line on compilers. */
export function format({ cells, compilers }: Results): string {
  const tables = [...cells].map(([server, rows]) => {
    const columns = [...new Set([...rows.values()].flatMap((row) => [...row.keys()]))];
    const lines = [...rows].map(([node, row]) => [node, ...columns.map((name) => cell(row.get(name)))]);
    const head = [server, ...columns];
    return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
  });
  const checked = [...compilers].map(([version, { ok }]) => `${version} ${ok ? '✓' : '✗'}`);
  const date = new Date().toISOString().slice(0, 10);
  return `${tables.join('\n\n')}\n\nTypeScript: ${checked.join(', ')}. Tests passed in each, ${date}.`;
}

function cell(verdict: Verdict | undefined): string {
  if (!verdict) return '';
  return verdict.ok ? `✓ ${verdict.passed}` : `✗ ${verdict.failed.length} failed`;
}

export function writeTable(table: string): void {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(marks[0]) + marks[0].length, text.indexOf(marks[1])];
  if (to < from) throw new Error('test/README.md has no marks for the matrix');
  writeFileSync(page, `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`);
}
