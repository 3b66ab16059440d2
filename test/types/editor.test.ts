import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = `${root}test/types/in-the-editor.ts`;

const PROGRAM = `import { createWithRedis } from '../../src/index.js';
const cache = createWithRedis({ isolation: 'shared' });
void cache((redis) => [redis.quit, redis.watch, redis.get]);
void [cache.redis.select, cache.redis.blpop];
`;

/** What an editor shows of the member that ends where `text` does. */
function shownAt(service: ts.LanguageService, text: string): string {
  const info = service.getQuickInfoAtPosition(file, PROGRAM.indexOf(text) + text.length - 1);
  return ts.displayPartsToString(info?.documentation);
}

test('an editor shows why a member is refused, and what to do instead', () => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      if (name === file) return ts.ScriptSnapshot.fromString(PROGRAM);
      return ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, 'utf8')) : undefined;
    },
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getCurrentDirectory: () => root,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  expect(shownAt(service, '[redis.quit')).toMatch(/Not here: a scope gives its connection back/);
  expect(shownAt(service, 'redis.watch')).toMatch(/isolation: 'exclusive'/);
  expect(shownAt(service, 'cache.redis.select')).toMatch(/another database is another instance/);
  for (const allowed of ['redis.get', 'cache.redis.blpop']) {
    expect(shownAt(service, allowed)).not.toMatch(/Not here/);
  }
}, 120_000);
