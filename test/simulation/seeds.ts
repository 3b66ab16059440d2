import { readFileSync } from 'node:fs';
import type { Findings } from './findings.js';
import { KNOWN_FAULTS } from './known-faults.js';
import type { Program } from './programs/program.js';

/** A program that once failed. */
interface OldFailure {
  readonly fault: string;
  readonly program: Program;
}

const { faults } = JSON.parse(readFileSync(new URL('found.json', import.meta.url), 'utf8')) as Findings;

/** The shortest programs that found faults which are mended. They are run by every `npm test`. */
export const FAILED_ONCE: readonly OldFailure[] = KNOWN_FAULTS.flatMap(({ number, title }) => {
  const program = faults[title]?.shortest;
  return program ? [{ program, fault: number === undefined ? title : `${number}. ${title}` }] : [];
});
