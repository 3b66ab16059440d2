import { isReplyError } from '../connection/reply-error.js';
import { isOurs, lookInto } from '../core/error-base.js';
import { ConnectError } from '../core/errors.js';
import { DialCancelledError, DialTimeoutError } from '../pool/opener.js';
import type { DialAttempt } from './dial-attempt.js';

/** Dialling again with the same credentials, certificate, database or protocol cannot help. */
const PERMANENT_REPLIES =
  /^(WRONGPASS|NOAUTH|NOPROTO|DENIED)|invalid password|invalid username-password|DB index|invalid DB|AUTH/i;

const PERMANENT_CODES =
  /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|ERR_INVALID|ERR_SOCKET_BAD_PORT/;

function isPermanent(cause: unknown): boolean {
  if (isReplyError(cause)) return PERMANENT_REPLIES.test(cause.message);
  const code = () => (cause instanceof Error ? String((cause as NodeJS.ErrnoException).code) : '');
  return PERMANENT_CODES.test(lookInto(code, ''));
}

/** What a dial is rejected with: our own errors as they are, and all else with the reason that came first. */
export function explain(error: unknown, attempt: DialAttempt): unknown {
  if (isOurs(error) || isOfDial(error)) return error;
  const cause = withoutSecrets(saysNothing(error) ? (attempt.failure ?? error) : error);
  return new ConnectError(attempt.address, isPermanent(cause), { cause });
}

/** Why none of them was of help: hopeless only where all of it is. */
export function mostTelling(failures: readonly unknown[]): unknown {
  const isPassing = (error: unknown) => !(error instanceof ConnectError && error.permanent);
  return failures.find(isPassing) ?? failures.at(-1);
}

/** Whoever waits for the dial has a bound of its own, or does not want it any more. */
export function isOfDial(error: unknown): boolean {
  return lookInto(() => error instanceof DialTimeoutError || error instanceof DialCancelledError, false);
}

/** The connection went, and the reason for it was told before. */
function saysNothing(error: unknown): boolean {
  if (isReplyError(error)) return false;
  const words = lookInto(() => (error instanceof Error ? error.message : ''), '');
  return /^(Connection is closed\.|write (EPIPE|ECONNRESET)|read ECONNRESET)/.test(words);
}

/** The server's own words about credentials, which hold none of them though they may hold the same words. */
const OWN_WORDS = /^(WRONGPASS|NOAUTH|NOPERM|DENIED|ERR (AUTH|invalid password|Client sent AUTH))/;

/**
 * ioredis hangs the command on a reply error: AUTH with the password in it. A server that does not know AUTH quotes the
 * password in its reply; it is taken out where it stands as a whole.
 */
function withoutSecrets(error: unknown): unknown {
  if (!isReplyError(error)) return error;
  const { command } = error as { command?: { name: string; args: unknown[] } };
  if (!command) return error;
  const secret = /^(auth|hello)$/i.test(command.name) ? String(command.args.at(-1) ?? '') : '';
  if (secret !== '' && !OWN_WORDS.test(error.message)) {
    const whole = new RegExp(`(?<![^\\s'"\`,:(])${escaped(secret)}(?![^\\s'"\`,:.)])`, 'g');
    error.message = error.message.replace(whole, '***');
    error.stack = error.stack?.replace(whole, '***') ?? '';
  }
  return Object.assign(error, { command: { name: command.name, args: [] } });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
