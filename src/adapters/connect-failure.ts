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

/** A server that does not know a command quotes what it was given, and may cut that short. */
const QUOTED = '(?<=with args beginning with: ).*';

/** So much of the beginning of a secret is told from anything else. */
const TELLING = 12;

/**
 * ioredis hangs the command on a reply error: AUTH with the password in it. Where the server quotes that, what follows is
 * dropped: a part of a secret is one too.
 */
function withoutSecrets(error: unknown): unknown {
  if (!isReplyError(error)) return error;
  const { message, command } = error as Error & { command?: { name: string; args: unknown[] } };
  if (!command) return error;
  const secret = /^(auth|hello)$/i.test(command.name) ? String(command.args.at(-1) ?? '') : '';
  if (secret !== '' && !OWN_WORDS.test(message)) {
    const begun = escaped(secret.slice(0, TELLING));
    // A short one between letters and digits is a part of another word.
    const found = secret.length > TELLING ? begun : `(?<![^\\W_])${begun}(?![^\\W_])`;
    error.message = message.replace(new RegExp(`${QUOTED}|${found}.*`, 's'), '***');
    error.stack = error.stack?.replace(message, () => error.message) ?? '';
  }
  return Object.assign(error, { command: { name: command.name, args: [] } });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
