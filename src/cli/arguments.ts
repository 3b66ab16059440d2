import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.js';

export type Flags = NonNullable<ParseArgsConfig['options']>;

/** `parseArgs`, whose complaints become usage errors of one sentence. */
export function readArguments<const F extends Flags>(args: readonly string[], options: F) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new UsageError(message.replace(/\. .*$/s, '').replace(/\n.*/s, ''));
  }
}

export function readCount(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(
    `--${flag} takes a whole number of at least ${least}; received ${JSON.stringify(text)}`,
  );
}

/** Node's timers count no further, and fire at once instead. */
const LONGEST_SECONDS = 2_147_483;

export function readSeconds(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[\d.]+$/.test(text) && value > 0 && value <= LONGEST_SECONDS) return value;
  throw new UsageError(
    `--${flag} takes a number of seconds, more than 0 and at most ${LONGEST_SECONDS}; received ${JSON.stringify(text)}`,
  );
}

export function refuseMore(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`unexpected argument ${JSON.stringify(positionals[0])}`);
}

/** `--url`, else REDIS_URL. */
export function readUrl(url: string | undefined): string | undefined {
  return url ?? (process.env.REDIS_URL || undefined);
}

export function requireUrl(url: string | undefined): string {
  const found = readUrl(url);
  if (found === undefined) throw new UsageError('no server is given: use --url or set REDIS_URL');
  return found;
}
