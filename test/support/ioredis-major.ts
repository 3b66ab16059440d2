import { Redis } from 'ioredis';

/** Which one this vitest project resolves `ioredis` to; only 6 knows RESP3. */
export const ioredisMajor =
  'protocol' in (Redis as unknown as { defaultOptions: object }).defaultOptions ? 6 : 5;
