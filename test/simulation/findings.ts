import type { Mutation } from '../mutation/mutations.js';
import { whyIndifferent } from './indifferent.js';
import type { KnownFault } from './known-faults.js';
import type { Program } from './programs/program.js';

/** What became of the search for one fault. */
export interface Found {
  readonly found: boolean;
  /** Tried until then. */
  readonly scopes: number;
  readonly seconds: number;
  readonly program?: number;
  /** How it showed. */
  readonly shows?: string;
  readonly shortest?: Program;
}

type Finding = Found & { readonly seed: number };

/** By the title of the fault, and by file and text of the mutation. */
export interface Findings {
  readonly faults: Record<string, Finding>;
  readonly mutations: Record<string, Finding>;
}

/** The page for people. */
export function tablesOf(
  { faults, mutations }: Findings,
  known: readonly KnownFault[],
  all: readonly Mutation[],
): string {
  const rows = known.flatMap(({ number, title }) => rowOf(`${number ?? '–'} | ${title}`, faults[title]));
  const tried = all.flatMap(({ file, from, to }) =>
    rowOf(
      `${file.replace('src/', '')} | ${inCode(from)} | ${inCode(to)}`,
      mutations[`${file} ${from} ${to}`],
    ),
  );
  const sum = (lines: readonly string[]) =>
    `${lines.filter((line) => !line.includes(' | **no** | ')).length} of ${lines.length}`;
  const indifferent = all.flatMap((mutation) => {
    const { file, from, to } = mutation;
    const why = mutations[`${file} ${from} ${to}`]?.found === false ? whyIndifferent(mutation) : undefined;
    return why ? [`- \`${file.replace('src/', '')}\`, ${inCode(from)}: ${why}.`] : [];
  });
  return `# What the simulation finds

Written by \`npm run simulate:prove\`, on one core of a machine that had other work to do. Each mend, or each mistake, is taken out
of or made in a copy of the package as it is; what is found goes well again without the change.

## Faults that the package once had: ${sum(rows)} found

At most ten minutes each. The number is that of [pitfalls](../pitfalls/README.md); a dash marks what the simulation itself found first.

| | fault | found | scopes | seconds | shows as | seed |
|---|---|---|---|---|---|---|
${rows.join('\n')}

## Mutations of [test/mutation](../mutation): ${sum(tried)} found

A random third of all, and all of those in a cluster's part, which only programs in a cluster can show. At most two minutes each
(\`seconds\` has what they were given); those that no run came to are not in the table. Of those that are not found ${indifferent.length} change nothing that a program could see:

${indifferent.join('\n')}

| file | what stands there | what was made of it | found | scopes | seconds | shows as | seed |
|---|---|---|---|---|---|---|---|
${tried.join('\n')}
`;
}

function rowOf(what: string, finding: Finding | undefined): string[] {
  if (!finding) return [];
  const { found, scopes, seconds, shows = '', seed } = finding;
  const cells = [found ? 'yes' : '**no**', scopes, seconds, inText(shows.slice(0, 90)), seed];
  return [`| ${what} | ${cells.join(' | ')} |`];
}

const inText = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');

function inCode(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const shown = line.length > 70 ? `${line.slice(0, 70)}…` : line;
  return shown === '' ? 'nothing' : `\`\` ${shown.replaceAll('|', '\\|')} \`\``;
}
