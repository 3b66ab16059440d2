import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { isDocumented, print, Surface } from '../support/api-surface.js';
import { packPackage } from '../support/packed-package.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Each entry with declarations: its name, those, and its source. */
const entries = Object.entries<{ import?: { types: string } }>(exports).flatMap(
  ([path, { import: target }]) => {
    if (!target) return [];
    const source = target.types.replace('./dist/', 'src/').replace('.d.ts', '.ts');
    return [{ name: join('with-redis', path), types: target.types, source: join(root, source) }];
  },
);

const options: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
};

/** Each of those that entries mention once, where it comes first. */
function formatSurface(surface: Surface, told: Set<string>): string {
  const texts = (named: Surface['exported']) =>
    [...named]
      .filter(([name]) => !told.has(name) && told.add(name))
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, declarations]) => {
        const text = declarations.map(print).join('\n');
        return new RegExp(`\\b${name}\\b`).test(text) ? text : `// ${name}\n${text}`;
      });
  const exported = texts(surface.exported);
  const mentioned = texts(surface.mentioned());
  return [...exported, ...(mentioned.length > 0 ? ['// Not exported:', ...mentioned] : [])].join('\n\n');
}

test('the public surface is the one of api-report.md; `npm run vitest -- test/package/api -u` accepts a new one', async () => {
  const { folder } = await packPackage();
  const told = new Set<string>();
  const sections = entries.map(({ name, types }) => {
    const surface = new Surface(join(folder, types), join(folder, 'dist'), options);
    return `## ${name}\n\n\`\`\`ts\n${formatSurface(surface, told)}\n\`\`\`\n`;
  });
  const report = `# What this package exports\n\nWritten and compared by [api.test.ts](api.test.ts).\n\n${sections.join('\n')}`;
  await expect(report).toMatchFileSnapshot('api-report.md');
  // The first to ask for the package also builds it.
}, 180_000);

describe.each(entries)(
  '$name',
  ({ source }) => {
    const { exported } = new Surface(source, join(root, 'src'), options);

    test('has a doc comment for every export', () => {
      const silent = [...exported].filter(([, declarations]) => !declarations.some(isDocumented));
      expect(silent.map(([name]) => name)).toEqual([]);
    });

    test('has a doc comment for every option', () => {
      const members = [...exported]
        .filter(([name]) => name.endsWith('Options'))
        .flatMap(([name, declarations]) =>
          declarations.flatMap((declaration) =>
            ts.isInterfaceDeclaration(declaration)
              ? declaration.members.map((member) => [`${name}.${member.name?.getText()}`, member] as const)
              : [],
          ),
        );
      expect(members.filter(([, member]) => !isDocumented(member)).map(([name]) => name)).toEqual([]);
    });
    // The first to ask for the package also builds it.
  },
  180_000,
);
