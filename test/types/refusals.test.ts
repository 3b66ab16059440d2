import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { needsOwnConnection, ruleOf } from '../../src/connection/command-rules.js';
import { REFUSED_COMMANDS } from '../../src/connection/commands.js';

const { list } = createRequire(import.meta.url)('@ioredis/commands') as { readonly list: readonly string[] };

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = `${root}test/types/refused-methods.ts`;

const PROGRAM = `import type { Redis } from 'ioredis';
import type { SharedRedis, StandingRedis } from '../../src/handle/scoped-redis.js';
export declare const client: Redis;
export declare const shared: SharedRedis;
export declare const standing: StandingRedis;
`;

/** What of them is allowed depends on what they are given: a subcommand, `multi()…exec()` in one piece. */
const BY_ARGUMENTS = ['client', 'multi'];

/** Of a connection as such, all of them refused. */
const LIFECYCLE = ['connect', 'disconnect', 'duplicate', 'end', 'monitor', 'quit'];

type Members = ReadonlyMap<string, 'refused' | 'there'>;

/** The members of each of the three types, with one major of ioredis or the other. */
function readTypes(client: string): Record<'client' | 'shared' | 'standing', Members> {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root);
  options.paths = { ioredis: [`${root}node_modules/${client}/built/index.d.ts`] };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? PROGRAM : readFile(path));
  const program = ts.createProgram([file], options, host);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file) as ts.SourceFile;
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol);
  const membersOf = (symbol: ts.Symbol): Members =>
    new Map(
      checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol)).map((property) => {
        const { flags } = checker.getTypeOfSymbol(property);
        return [property.name, flags & ts.TypeFlags.Never ? 'refused' : 'there'];
      }),
    );
  return Object.fromEntries(exported.map((symbol) => [symbol.name, membersOf(symbol)])) as never;
}

describe.each(['ioredis', 'ioredis-5'])('with %s, what does not compile is what is refused', (major) => {
  const types = readTypes(major);
  const known = new Redis({ lazyConnect: true });

  const commandOf = (method: string) => method.replace(/Buffer$/, '').toLowerCase();
  /** The methods that send a command. */
  const sent = [...types.client.keys()].filter(
    (name) => list.includes(commandOf(name)) && ![...BY_ARGUMENTS, ...LIFECYCLE].includes(commandOf(name)),
  );
  const refusedBy = (type: 'shared' | 'standing') =>
    [...types.client.keys()].filter((name) => types[type].get(name) === 'refused').sort();
  const ruleFor = (method: string) => ruleOf({ name: commandOf(method), args: [] } as never, known as never);

  test('on a shared connection', () => {
    const needy = sent.filter((name) => {
      const command = { name: commandOf(name), args: [] };
      return needsOwnConnection(command as never, ruleFor(name), undefined);
    });
    expect(needy.length).toBeGreaterThan(30);
    expect(refusedBy('shared')).toEqual([...needy, ...LIFECYCLE].sort());
  });

  test('on the standing client, where blocking commands are not', () => {
    const lasting = sent.filter((name) => ruleFor(name).effect !== 'none');
    expect(refusedBy('standing')).toEqual([...lasting, ...LIFECYCLE].sort());
  });

  test('whatever is never lent', () => {
    for (const name of REFUSED_COMMANDS) expect(LIFECYCLE).toContain(name);
  });
});
