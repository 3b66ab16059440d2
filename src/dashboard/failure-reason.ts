const LONGEST_REASON = 400;

/** More causes than any chain has, should one lead back to itself. */
const MOST_CAUSES = 10;

/** Why something failed: the messages along the chain of causes, on one line, without credentials. */
export function reasonOf(error: unknown): string {
  const parts: string[] = [];
  for (const message of messagesOf(error)) {
    if (!parts.some((part) => part.includes(message))) parts.push(message);
  }
  const reason = onOneLine(withoutSecrets(parts.join('; cause: ')));
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
}

/** Control characters, line and paragraph separators would forge or break a line of a log. */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

function messagesOf(error: unknown): string[] {
  const messages: string[] = [];
  let current = error;
  while (isError(current) && messages.length < MOST_CAUSES) {
    messages.push(current.message || current.code || current.name);
    current = current.cause;
  }
  if (messages.length > 0) return messages;
  return [typeof error === 'string' ? error : `${error === null ? 'null' : typeof error} was thrown`];
}

/** Node leaves the message of an AggregateError empty and sets its code. */
function isError(value: unknown): value is Error & { readonly code?: string } {
  return typeof (value as Error | undefined)?.message === 'string';
}

/** Credentials in a URL, and the arguments that an old server quotes of an AUTH or HELLO it does not know. */
function withoutSecrets(text: string): string {
  return text
    .replace(/(\w:\/\/)\S*@/g, '$1***@')
    .replace(/,? with args beginning with:[^\n]*/gi, ', with args that are not shown');
}
