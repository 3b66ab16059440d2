import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const longestFile = 200;

/** Rooms from the top down: each imports, types included, from itself and from later lines alone. */
const order: readonly (readonly string[])[] = [
  ['cli'],
  ['dashboard', 'testing', 'otel', 'eslint'],
  ['index.ts'],
  ['with-redis.ts'],
  ['instance'],
  ['cluster'],
  ['server'],
  ['lease', 'options'],
  ['handle', 'observe', 'adapters'],
  ['connection'],
  ['pool'],
  ['core'],
];

/** What an entry may import besides its own folder, `../index.js` and Node. */
const entries: Readonly<Record<string, readonly string[]>> = {
  dashboard: ['options/validation.ts'],
  testing: ['options/validation.ts', 'instance/means.ts'],
  otel: ['@opentelemetry/api'],
  // Its types alone.
  eslint: ['eslint'],
  cli: [
    'dashboard/index.ts',
    'options/validation.ts',
    ...['index', 'client-list', 'description', 'runtime-limits'].map((name) => `testing/${name}.ts`),
  ],
};

/** The one file that holds the value import of each dependency. */
const adapterOf: Readonly<Record<string, string>> = {
  ioredis: 'adapters/ioredis.ts',
  'generic-pool': 'adapters/bare-pool.ts',
};

interface Import {
  readonly from: string;
  /** A file of `src`, or the name of a package. */
  readonly to: string;
  /** Left in the JavaScript, where a type import is not. */
  readonly value: boolean;
  /** Loaded when the code is run. */
  readonly dynamic: boolean;
}

const files = new Map(readSources('src'));
const imports = [...files].flatMap(([file, text]) => readImports(file, text));
const benchImports = [...readSources('bench')].flatMap(([file, text]) => readImports(file, text));

function* readSources(folder: string): Generator<[file: string, text: string]> {
  const top = join(root, folder);
  for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    yield [relative(top, path).replaceAll(sep, '/'), readFileSync(path, 'utf8')];
  }
}

function readImports(from: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Expression | undefined, value: boolean, dynamic = false) => {
    if (specifier && ts.isStringLiteral(specifier))
      found.push({ from, to: target(from, specifier.text), value, dynamic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, !node.importClause?.isTypeOnly);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, !node.isTypeOnly);
    else if (ts.isImportTypeNode(node))
      add((node.argument as ts.LiteralTypeNode).literal as ts.StringLiteral, false);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], true, true);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(from, text, ts.ScriptTarget.Latest, true));
  return found;
}

function target(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

const isOurs = (name: string) => files.has(name);
const isNode = (name: string) => name.startsWith('node:');
const folderOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '');
const isEntry = (file: string) => Object.hasOwn(entries, folderOf(file));
const roomOf = (file: string) => folderOf(file) || file;
const floorOf = (file: string) => order.findIndex((rooms) => rooms.includes(roomOf(file)));
const arrow = ({ from, to }: Import) => `${from} → ${to}`;

/** The files of every chain of imports, types included, that comes back to where it began. */
function findCycles(edges: readonly Import[]): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) found.add(trail.slice(start).sort().join(', '));
    if (start >= 0 || done.has(file)) return;
    for (const { from, to } of edges) if (from === file) walk(to, [...trail, file]);
    done.add(file);
  };
  for (const { from } of edges) walk(from, []);
  return [...found];
}

/** What leads up, or from one room to another on the same floor. */
function findUpward(edges: readonly Import[]): Import[] {
  return edges.filter(({ from, to }) => roomOf(from) !== roomOf(to) && floorOf(from) >= floorOf(to));
}

describe('the sources', () => {
  test('lie in known rooms', () => {
    expect([...files.keys()].filter((file) => floorOf(file) < 0)).toEqual([]);
  });

  test('import downward alone, types included', () => {
    expect(findUpward(imports.filter(({ to }) => isOurs(to))).map(arrow)).toEqual([]);
  });

  test.each(Object.entries(adapterOf))('import the value of %s in %s alone', (dependency, adapter) => {
    const importers = imports.filter(({ to, value }) => value && to === dependency).map(({ from }) => from);
    expect([...new Set(importers)]).toEqual([adapter]);
  });

  test('import the values of no other package', () => {
    const known = new Set([...Object.keys(adapterOf), ...Object.values(entries).flat()]);
    const others = imports.filter(({ to, value }) => value && !isOurs(to) && !isNode(to) && !known.has(to));
    expect(others.map(arrow)).toEqual([]);
  });

  test('have entries that use the public surface alone', () => {
    const inward = imports.filter(({ from, to }) => {
      const folder = folderOf(from);
      if (!isEntry(from) || isNode(to) || to === 'index.ts') return false;
      return folderOf(to) !== folder && !entries[folder]?.includes(to);
    });
    expect(inward.map(arrow)).toEqual([]);
  });

  test('have no circle of imports, types included; nor has the bench', () => {
    expect(findCycles(imports)).toEqual([]);
    expect(findCycles(benchImports)).toEqual([]);
  });

  test('load nothing late but for the commands of the bin', () => {
    const late = imports.filter(({ from, dynamic }) => dynamic && folderOf(from) !== 'cli');
    expect(late.map(arrow)).toEqual([]);
  });

  test(`have no file of more than ${longestFile} lines`, () => {
    const lengths = [...files].map(([file, text]) => [file, text.trimEnd().split('\n').length] as const);
    expect(lengths.filter(([, lines]) => lines > longestFile)).toEqual([]);
  });
});

describe('these rules', () => {
  test('see value and type imports, re-exports and dynamic imports', () => {
    const text = `
      import type { A } from './a.js';
      import { type B, b } from '../b.js';
      export { c } from 'c';
      export type { D } from 'd';
      const e = await import('e');
      let f: import('f').F;
      import 'g';`;
    const seen = readImports('core/x.ts', text).map(({ to, value }) => `${to} ${value}`);
    expect(seen).toEqual([
      'core/a.ts false',
      'b.ts true',
      'c true',
      'd false',
      'e true',
      'f false',
      'g true',
    ]);
  });

  test('find a circle, whatever closes it', () => {
    const edge = (from: string, to: string, value: boolean) => ({ from, to, value, dynamic: false });
    const line = [edge('a.ts', 'b.ts', true), edge('b.ts', 'c.ts', true)];
    expect(findCycles(line)).toEqual([]);
    expect(findCycles([...line, edge('c.ts', 'b.ts', false)])).toEqual(['b.ts, c.ts']);
  });

  test('find what leads up, or across', () => {
    const edge = (from: string, to: string) => ({ from, to, value: false, dynamic: false });
    const upward = [edge('core/a.ts', 'pool/b.ts'), edge('handle/a.ts', 'observe/b.ts')];
    expect(findUpward([...upward, edge('pool/b.ts', 'core/a.ts'), edge('pool/b.ts', 'pool/c.ts')])).toEqual(
      upward,
    );
  });

  test('read every source file', () => {
    expect(files.size).toBeGreaterThan(20);
    expect(imports.some(({ to }) => to === 'ioredis')).toBe(true);
  });
});
