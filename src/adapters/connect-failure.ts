/** Dialling again with the same credentials, certificate, database or protocol cannot help. */
const PERMANENT_REPLIES =
  /^(WRONGPASS|NOAUTH|NOPROTO)|invalid password|invalid username-password|DB index|invalid DB|AUTH/i;

const PERMANENT_CODES =
  /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|ERR_INVALID|ERR_SOCKET_BAD_PORT/;

export function isPermanent(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if (cause.name === 'ReplyError') return PERMANENT_REPLIES.test(cause.message);
  return PERMANENT_CODES.test(String((cause as NodeJS.ErrnoException).code));
}

/**
 * ioredis hangs the command on a reply error: AUTH with the password in it. A server that does not know AUTH quotes the
 * password in its reply.
 */
export function withoutSecrets(error: unknown): unknown {
  const { command } = (error ?? {}) as { command?: { name: string; args: unknown[] } };
  if (!(error instanceof Error) || !command) return error;
  for (const secret of command.args.map(String)) {
    if (secret === '') continue;
    error.message = error.message.replaceAll(secret, '***');
    error.stack = error.stack?.replaceAll(secret, '***') ?? '';
  }
  return Object.assign(error, { command: { name: command.name, args: [] } });
}
