/** Text of one char per byte: whatever was sent is kept as it is. */
export type Bytes = string;

/** `+OK` and the like. */
export class Simple {
  constructor(readonly text: string) {}
}

/** An error reply. */
export class Failure {
  constructor(readonly message: string) {}
}

/** A map in RESP3, a flat list in RESP2. */
export class Pairs {
  constructor(readonly items: readonly Reply[]) {}
}

/** A set in RESP3, a list in RESP2. */
export class Members {
  constructor(readonly items: readonly Reply[]) {}
}

/** A number with a fraction in RESP3, a string in RESP2. */
export class Double {
  constructor(readonly text: string) {}
}

/** Out of band in RESP3, a list among others in RESP2. */
export class Push {
  constructor(readonly items: readonly Reply[]) {}
}

/** No list, as opposed to no string. */
export const NO_LIST = Symbol('no list');

/** Several replies to one command, or none. */
export class Several {
  constructor(readonly replies: readonly Reply[]) {}
}

export type Reply =
  | Bytes
  | number
  | null
  | typeof NO_LIST
  | Simple
  | Failure
  | Pairs
  | Members
  | Double
  | Push
  | Several
  | readonly Reply[];

export const OK = new Simple('OK');
export const QUEUED = new Simple('QUEUED');

export function encode(reply: Reply, protocol: 2 | 3): Bytes {
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`;
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (reply === null) return protocol === 3 ? '_\r\n' : '$-1\r\n';
  if (reply === NO_LIST) return protocol === 3 ? '_\r\n' : '*-1\r\n';
  if (reply instanceof Simple) return `+${reply.text}\r\n`;
  if (reply instanceof Failure)
    return `-${reply.message.replace(/^[\r\n]+|[\r\n]+$/g, '').replace(/[\r\n]/g, ' ')}\r\n`;
  if (reply instanceof Several) return reply.replies.map((each) => encode(each, protocol)).join('');
  if (reply instanceof Double) return protocol === 3 ? `,${reply.text}\r\n` : encode(reply.text, 2);
  return encodeList(reply as Exclude<typeof reply, Double>, protocol);
}

function encodeList(reply: readonly Reply[] | Pairs | Members | Push, protocol: 2 | 3): Bytes {
  const items =
    reply instanceof Pairs || reply instanceof Members || reply instanceof Push ? reply.items : reply;
  let head = `*${items.length}`;
  if (protocol === 3) {
    if (reply instanceof Pairs) head = `%${items.length / 2}`;
    else if (reply instanceof Members) head = `~${items.length}`;
    else if (reply instanceof Push) head = `>${items.length}`;
  }
  let text = `${head}\r\n`;
  for (const item of items) text += encode(item, protocol);
  return text;
}

/** Reads commands from bytes that come in pieces. */
export class RequestReader {
  #rest = '';

  /** The commands that are complete now. Undefined where it is no RESP, after which nothing can be read any more. */
  read(bytes: Buffer): Bytes[][] | undefined {
    const text = this.#rest === '' ? bytes.toString('latin1') : this.#rest + bytes.toString('latin1');
    const commands: Bytes[][] = [];
    let at = 0;
    while (at < text.length) {
      if (text[at] !== '*') return undefined;
      const command = this.#command(text, at);
      if (!command) break;
      commands.push(command.args);
      at = command.end;
    }
    this.#rest = text.slice(at);
    return commands;
  }

  #command(text: string, start: number): { args: Bytes[]; end: number } | undefined {
    let end = text.indexOf('\r\n', start);
    if (end < 0) return undefined;
    const args: Bytes[] = [];
    let left = Number(text.slice(start + 1, end));
    let at = end + 2;
    while (left-- > 0) {
      end = text.indexOf('\r\n', at);
      if (end < 0) return undefined;
      const from = end + 2;
      const to = from + Number(text.slice(at + 1, end));
      if (to + 2 > text.length) return undefined;
      args.push(text.slice(from, to));
      at = to + 2;
    }
    return { args, end: at };
  }
}
