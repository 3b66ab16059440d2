import { createServer, type Socket } from 'node:net';

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** Commands received, names in capitals. */
  readonly commands: readonly (readonly string[])[];
  close(): Promise<void>;
}

/** Answers each command with the raw RESP that the script returns; `undefined` answers nothing. For faults that a real server cannot be brought to. */
export async function startScriptedServer(
  script: (command: readonly string[], socket: Socket) => string | undefined,
): Promise<ScriptedServer> {
  const commands: (readonly string[])[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let buffered = '';
    socket.on('data', (chunk) => {
      buffered += chunk.toString();
      for (;;) {
        const parsed = parseCommand(buffered);
        if (!parsed) return;
        buffered = parsed.rest;
        commands.push(parsed.command);
        const reply = script(parsed.command, socket);
        if (reply !== undefined && socket.writable) socket.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    commands,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function parseCommand(text: string): { command: string[]; rest: string } | undefined {
  const header = /^\*(\d+)\r\n/.exec(text);
  if (!header) return undefined;
  let rest = text.slice(header[0].length);
  const command: string[] = [];
  for (let i = 0; i < Number(header[1]); i++) {
    const length = /^\$(\d+)\r\n/.exec(rest);
    const size = Number(length?.[1]);
    if (!length || rest.length < length[0].length + size + 2) return undefined;
    const begin = length[0].length;
    command.push(rest.slice(begin, begin + size));
    rest = rest.slice(begin + size + 2);
  }
  command[0] = (command[0] ?? '').toUpperCase();
  return { command, rest };
}
