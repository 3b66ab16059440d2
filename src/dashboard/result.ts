import type { DashboardData } from './data.js';
import { onOneLine } from './failure-reason.js';
import type { Logger } from './logger.js';

/** What became of one reading. Each `reason` is one line, fit for a log: no value, no secret. */
export type DashboardResult =
  | { readonly status: 'ok'; readonly key: string; readonly data: DashboardData }
  /** No instance was given and `REDIS_URL` is not set. */
  | { readonly status: 'unconfigured'; readonly reason: string }
  /** The key was absent or empty in each of the attempts. */
  | {
      readonly status: 'missing';
      readonly key: string;
      readonly attempts: number;
      readonly reason: string;
    }
  /** The value is not a JSON object. */
  | { readonly status: 'malformed'; readonly key: string; readonly reason: string }
  /** Redis could not be asked, or did not answer with a string; `error` is what was thrown, by identity. */
  | {
      readonly status: 'unavailable';
      readonly key: string;
      readonly reason: string;
      readonly error: unknown;
    };

interface Line {
  readonly level: keyof Logger;
  readonly message: string;
}

/** The one line that a result is worth. */
export function lineOf(result: DashboardResult): Line {
  switch (result.status) {
    case 'ok':
      return { level: 'info', message: `Read ${quoted(result.key)}: ${countFields(result.data)}` };
    case 'unconfigured':
      return { level: 'warn', message: `${result.reason}, cannot fetch market data` };
    case 'missing':
      return { level: 'warn', message: `No market data: ${result.reason}` };
    case 'malformed':
      return { level: 'error', message: `Cannot use market data: ${result.reason}` };
    case 'unavailable':
      return { level: 'error', message: `Cannot read ${quoted(result.key)}: ${result.reason}` };
  }
}

export function quoted(key: string): string {
  return onOneLine(JSON.stringify(key));
}

function countFields(data: DashboardData): string {
  const count = Object.keys(data).length;
  return count === 1 ? '1 field' : `${count} fields`;
}
