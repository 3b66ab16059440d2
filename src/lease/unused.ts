import type { Borrower } from './borrower.js';

/** For a call that was stopped between being granted something and using it; hooks may do so too. */
export async function giveBackUnused(lease: Borrower, stopped: { readonly error: unknown }): Promise<never> {
  await lease.release();
  throw stopped.error;
}
