export type Reply = string | number | null | Error | Reply[];

interface Parsed {
  readonly reply: Reply;
  readonly next: number;
}

/** A RESP2 parser that takes chunks as they come and gives the replies they complete. */
export class RespReader {
  #buffer: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Reply[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const replies: Reply[] = [];
    let at = 0;
    for (let parsed = parseAt(this.#buffer, at); parsed; parsed = parseAt(this.#buffer, at)) {
      replies.push(parsed.reply);
      at = parsed.next;
    }
    this.#buffer = this.#buffer.subarray(at);
    return replies;
  }
}

/** Undefined while the reply is incomplete. */
function parseAt(buffer: Buffer, at: number): Parsed | undefined {
  const lineEnd = buffer.indexOf('\r\n', at);
  if (lineEnd < 0) return undefined;
  const type = String.fromCharCode(buffer[at]!);
  const text = buffer.toString('utf8', at + 1, lineEnd);
  const next = lineEnd + 2;
  if (type === '+') return { reply: text, next };
  if (type === '-') return { reply: new Error(text), next };
  if (type === ':') return { reply: Number(text), next };
  if (type === '$') return parseBulk(buffer, next, Number(text));
  if (type === '*') return parseArray(buffer, next, Number(text));
  throw new Error(`not RESP2: ${type}${text}`);
}

function parseBulk(buffer: Buffer, at: number, length: number): Parsed | undefined {
  if (length < 0) return { reply: null, next: at };
  const end = at + length;
  return buffer.length < end + 2 ? undefined : { reply: buffer.toString('utf8', at, end), next: end + 2 };
}

function parseArray(buffer: Buffer, at: number, length: number): Parsed | undefined {
  if (length < 0) return { reply: null, next: at };
  const items: Reply[] = [];
  let next = at;
  while (items.length < length) {
    const parsed = parseAt(buffer, next);
    if (!parsed) return undefined;
    items.push(parsed.reply);
    next = parsed.next;
  }
  return { reply: items, next };
}
