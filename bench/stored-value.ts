/** The 100 bytes that every GET reads. */
export const storedValue = 'x'.repeat(100);
