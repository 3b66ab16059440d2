import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChildProgram, compileProgram } from './child-program.js';
import { examplesIn, headingsIn, readPages, root, withReadersModules } from './documents.js';

/** For programs to tell their test something. */
export const said = `
import { writeSync } from 'node:fs';
const say = (said: object) => void writeSync(3, JSON.stringify(said) + '\\n');
`;

/** The first example below a heading of README.md or of a guide. */
export function recipeOf(heading: string): string {
  const page = readPages().find((page) => headingsIn(page).includes(heading));
  const section = page?.text.split(new RegExp(`\n#+ ${heading}\n`))[1] ?? '';
  const example = examplesIn({ file: heading, text: section })[0];
  if (!example) throw new Error(`no example below "${heading}"`);
  return example.code;
}

/** Such an example, and what the test adds to it, as a program against the sources. */
export async function compileRecipe(code: string, more: string): Promise<ChildProgram> {
  const source = JSON.stringify(`${root}/src/index.js`);
  const program = `${withReadersModules(code)}${said}${more}`.replaceAll(`'with-redis'`, source);
  const folder = await mkdtemp(join(root, 'node_modules', '.with-redis-recipe-'));
  await writeFile(join(folder, 'program.ts'), program);
  const compiled = await compileProgram(join(folder, 'program.ts'));
  const remove = async () => {
    await compiled.remove();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...compiled, remove };
}
