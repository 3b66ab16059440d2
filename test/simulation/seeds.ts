/** Programs that once failed, each with what was wrong. They are run by every `npm test`. */
export const FAILED_ONCE: readonly { readonly program: number; readonly fault: string }[] = [];
