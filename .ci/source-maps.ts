import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import ts from 'typescript';
import { type Mapping, type Place, writeMappings } from './mappings.js';

/**
 * The last step of the build: stacks and "go to definition" lead to `src`, which is packed too. tsup writes maps of the
 * JavaScript; they need not hold the sources again. The maps of the declarations are made here, for no bundler of
 * declarations makes any.
 */
const files = (folder: string, pattern: RegExp) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => pattern.test(name));

for (const file of files('dist', /js\.map$/)) slim(file);
const sources = indexOf(files('src', /\.ts$/));
for (const file of files('dist', /\.d\.c?ts$/)) mapDeclarations(file);

/** Without what is in `src`, without paths of this machine, and gone where there is nothing to map. */
function slim(file: string): void {
  const { sourcesContent: _, ...map } = JSON.parse(readFileSync(file, 'utf8'));
  map.sources = map.sources.map((name: string) => (isAbsolute(name) ? relative(dirname(file), name) : name));
  if (map.sources.length === 0) {
    const script = file.replace(/\.map$/, '');
    writeFileSync(script, readFileSync(script, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
    rmSync(file);
  } else {
    writeFileSync(file, JSON.stringify(map));
  }
}

/** What is declared at the top of a file, and the names of its members. */
interface Declared {
  readonly name: ts.Identifier;
  readonly members: ReadonlyMap<string, ts.Node>;
}

interface Source extends Declared {
  readonly file: ts.SourceFile;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

function indexOf(names: readonly string[]): Map<string, Source[]> {
  const index = new Map<string, Source[]>();
  for (const file of names.map(parse)) {
    for (const declared of declarationsIn(file)) {
      const { text } = declared.name;
      index.set(text, [...(index.get(text) ?? []), { ...declared, file }]);
    }
  }
  return index;
}

function declarationsIn(file: ts.SourceFile): Declared[] {
  return file.statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement)) {
      const names = statement.declarationList.declarations.map(({ name }) => name).filter(ts.isIdentifier);
      return names.map((name) => ({ name, members: new Map() }));
    }
    const { name } = statement as { name?: ts.Node };
    return name && ts.isIdentifier(name) ? [{ name, members: membersOf(statement) }] : [];
  });
}

function membersOf(statement: ts.Statement): Map<string, ts.Node> {
  const type = ts.isTypeAliasDeclaration(statement) ? statement.type : statement;
  const { members = [] } = type as { members?: readonly ts.Node[] };
  const named = members.map((member) => (member as { name?: ts.Node }).name);
  return new Map(named.flatMap((name) => (name ? [[name.getText(), name] as const] : [])));
}

/** Of several of one name the one with the same members; a bundler numbers those that would clash. */
function sourceOf({ name, members }: Declared): Source | undefined {
  const candidates = sources.get(name.text.replace(/\$\d+$/, '')) ?? [];
  if (candidates.length < 2) return candidates[0];
  const alike = candidates.filter((candidate) =>
    [...members.keys()].every((key) => candidate.members.has(key)),
  );
  return alike.length === 1 ? alike[0] : undefined;
}

function placeOf(node: ts.Node, file: ts.SourceFile): Place {
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return { line, column: character };
}

function mapDeclarations(path: string): void {
  const bundle = parse(path);
  const used: string[] = [];
  const mappings: Mapping[] = [];
  const add = (from: ts.Node, source: Source, to: ts.Node) => {
    const name = relative(dirname(path), source.file.fileName).replaceAll('\\', '/');
    if (!used.includes(name)) used.push(name);
    const original = placeOf(to, source.file);
    mappings.push({ generated: placeOf(from, bundle), source: used.indexOf(name), original });
  };
  for (const declared of declarationsIn(bundle)) {
    const source = sourceOf(declared);
    if (!source) continue;
    add(declared.name, source, source.name);
    for (const [name, node] of declared.members) add(node, source, source.members.get(name) ?? source.name);
  }
  if (mappings.length === 0) return;
  const file = path.split(/[\\/]/).at(-1) as string;
  const map = { version: 3, file, sources: used, names: [], mappings: writeMappings(mappings) };
  writeFileSync(`${path}.map`, JSON.stringify(map));
  writeFileSync(path, `${bundle.text.trimEnd()}\n//# sourceMappingURL=${file}.map\n`);
}
