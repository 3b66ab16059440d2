import { KNOWN_FAULTS } from './known-faults.js';
import { FEATURES, type Feature } from './programs/features.js';

/** A program that once failed. */
export interface OldFailure {
  readonly program: number;
  readonly fault: string;
  /** What it has of all features; it is another program with others. */
  readonly features: readonly Feature[];
}

/** Programs that found known faults, by the number of the fault. */
const FOUND: Readonly<Record<number, number>> = {
  60: 1553431622,
  61: 3493927298,
  62: 4159206874,
  63: 3493927298,
  66: 862596502,
  68: 3493927298,
  69: 3205183744,
  70: 3493927298,
  72: 3371115268,
  74: 862596502,
  75: 3493927298,
  76: 487255592,
  78: 3157120950,
};

/** Faults that were made on the way, and that it found first. */
const FOUND_FIRST: readonly OldFailure[] = [
  {
    program: 1439761372,
    fault: 'a word to a server that has vanished outlasted the limit of a release',
    features: Object.keys(FEATURES) as Feature[],
  },
];

const foundAgain = KNOWN_FAULTS.flatMap(({ number, title, features }): OldFailure[] => {
  const program = FOUND[number];
  return program === undefined ? [] : [{ program, fault: `${number}. ${title}`, features }];
});

/** They are run by every `npm test`. */
export const FAILED_ONCE: readonly OldFailure[] = [...foundAgain, ...FOUND_FIRST];
