import { type ParseArgsConfig, parseArgs } from 'node:util';
import { described } from '../options/validation.js';
import { UsageError } from './usage-error.js';

export type Flags = NonNullable<ParseArgsConfig['options']>;

/** `parseArgs`, whose complaints become usage errors of one sentence. */
export function readArguments<const F extends Flags>(args: readonly string[], options: F) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    const quoted = message.replace(/^.*?'/s, '');
    if (isUrl(quoted)) throw new UsageError(`unknown option, with ${typed(quoted)}`);
    throw new UsageError(message.replace(/\. .*$/s, '').replace(/\n.*/s, ''));
  }
}

/** What was typed in a wrong place. Of a URL, which may hold a password, only that it is one. */
export function typed(text: string): string {
  return isUrl(text) ? 'a URL, which goes into --url or REDIS_URL' : described(text);
}

/** Also one in quotes, behind dashes, or without its slashes; a drive has one letter. */
export function isUrl(text: string): boolean {
  return /^[-'"\s]*[a-z][a-z\d+.-]+:|:\/\//i.test(text);
}

export function readCount(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`--${flag} takes a whole number of at least ${least}; received ${typed(text)}`);
}

/** Node's timers count no further, and fire at once instead. */
const LONGEST_SECONDS = 2_147_483;

export function readSeconds(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[\d.]+$/.test(text) && value > 0 && value <= LONGEST_SECONDS) return value;
  throw new UsageError(
    `--${flag} takes a number of seconds, more than 0 and at most ${LONGEST_SECONDS}; received ${typed(text)}`,
  );
}

export function refuseMore(positionals: readonly string[]): void {
  const [first] = positionals;
  if (first !== undefined) throw new UsageError(`unexpected argument ${typed(first)}`);
}

/** Of a file: nothing of a URL is told in the messages about it. */
export function refuseUrl(flag: string, text: string | undefined): void {
  if (text !== undefined && isUrl(text))
    throw new UsageError(`--${flag} takes a file; received ${typed(text)}`);
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
