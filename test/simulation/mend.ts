import type { Mutation } from '../mutation/mutations.js';

/** A part of a mend, taken out of the package as it is. */
export const cut = (file: string, from: string, to = ''): Mutation => ({ file: `src/${file}`, from, to });
