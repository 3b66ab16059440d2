import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** A page for readers: README.md, or a guide beside what it describes. */
export interface Page {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
}

export interface Example {
  /** File and line. */
  readonly place: string;
  readonly code: string;
  /** False where the fence says `no-run`. */
  readonly runs: boolean;
  /** What it waits for, where a comment `pending: …` stands before it: it need not even compile until then. */
  readonly pending: string | undefined;
}

/** What the run of a test writes, and nobody by hand. */
const written = ['test/package/api-report.md', 'test/simulation/FOUND.md', 'src/testing/PATTERNS.md'];

export function readPages(): Page[] {
  const guides = ['src', 'test', 'bench', '.github'].flatMap((folder) => filesIn(folder, '.md'));
  const files = ['README.md', 'CHANGELOG.md', ...guides.filter((file) => !written.includes(file))];
  return files.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
}

export function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

/** Every block fenced as `ts`. */
export function examplesIn({ file, text }: Page): Example[] {
  return [...text.matchAll(/(?:^<!-- pending: (.+?) -->\n\n?)?^```ts( no-run)?\n(.*?)^```$/gms)].map(
    (match) => ({
      place: `${file}:${text.slice(0, match.index).split('\n').length}`,
      code: match[3] as string,
      runs: match[2] === undefined,
      pending: match[1],
    }),
  );
}

/** Modules of the reader's, in examples: the two getters that the README begins with. */
export function withReadersModules(code: string): string {
  const getters = `${root}/bench/demo/getters`;
  return code
    .replaceAll("'./service.js'", `'${getters}/leaking.js'`)
    .replaceAll("'./cache.js'", `'${getters}/scoped.js'`);
}

/** Without blocks of code, and without what is written by a run. */
export function proseOf({ text }: Page): string {
  return text
    .replace(/^```.*?^```$/gms, '')
    .replace(/^<!-- (\w+): written by .*?^<!-- end of \1 -->$/gms, '');
}

/** As GitHub makes them of headings, a second one of the same text numbered. */
export function anchorsIn(page: Page): string[] {
  const seen = new Map<string, number>();
  return headingsIn(page).map((heading) => {
    const anchor = anchorOf(heading);
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

export function headingsIn({ text }: Page, level = '#+'): string[] {
  const outside = text.replace(/^```.*?^```$/gms, '');
  return [...outside.matchAll(new RegExp(`^${level} (.+)$`, 'gm'))].map(([, heading]) => heading as string);
}

export function anchorOf(heading: string): string {
  const plain = heading.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').toLowerCase();
  return plain.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
}

export interface Link {
  /** From the root of the repository. */
  readonly file: string;
  readonly anchor: string | undefined;
}

/** Those that lead to this repository, pictures included. */
export function localLinksIn({ file, text }: Page): Link[] {
  const outside = text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');
  const targets = [...outside.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { file: path === '' ? file : join(dirname(file), path), anchor };
    });
}
