import type { LeakReport } from '../../../../src/testing/index.js';
import type { Pattern } from './table.js';

const titles: Readonly<Record<string, string>> = {
  background: 'Beside other work of the process',
  http: 'HTTP',
  imported: 'Opened at import',
  ioredis: 'ioredis',
  iovalkey: 'iovalkey',
  'node-redis': 'node-redis',
  nothing: 'Nothing to see',
  pools: 'Pools and caches',
  queues: 'Bull and BullMQ',
  shapes: 'A service that changes stacks',
  stores: 'Stores and caches of others',
  threads: 'Worker threads and child processes',
  unreachable: 'Servers that cannot be reached',
};

/** The table of the guide, of what a run has found. */
export function writeGuide(results: ReadonlyMap<Pattern, LeakReport['verdict']>): string {
  const all = [...results.keys()];
  const files = [...new Set(all.map(({ file }) => file))].sort();
  return [
    '# Patterns',
    '',
    `What the kit says of ${all.length} functions as people write them. Written by`,
    '`test/integration/testing/patterns.test.ts`, which checks each of them for verdict, rate and line;',
    'the functions are beside it, in `patterns/`.',
    '',
    ...files.flatMap((file) => writePart(file, results)),
  ].join('\n');
}

function writePart(file: string, results: ReadonlyMap<Pattern, LeakReport['verdict']>): string[] {
  const rows = [...results].filter(([pattern]) => pattern.file === file);
  return [
    `## ${titles[file] ?? file}`,
    '',
    '| function | verdict | per call | reported as |',
    '|---|---|---|---|',
    ...rows.map(([pattern, verdict]) => writeRow(pattern, verdict)),
    '',
  ];
}

function writeRow({ does, rate, report }: Pattern, verdict: LeakReport['verdict']): string {
  return `| ${does} | ${verdict} | ${rate === 0 ? '–' : rate} | ${report ? linkOf(report) : ''} |`;
}

/** `owner/name#number`; GitHub leads from an issue's number to a pull request of the same. */
function linkOf(report: string): string {
  const [repository, number] = report.split('#');
  return `[${report}](https://github.com/${repository}/issues/${number})`;
}
