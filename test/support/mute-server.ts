import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface MuteServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly accepts: number;
  readonly open: number;
  close(): Promise<void>;
}

/** Accepts every connection, reads what comes, and never answers: a hung process. */
export async function startMuteServer(): Promise<MuteServer> {
  const host = '127.0.0.1';
  const sockets = new Set<Socket>();
  let accepts = 0;
  const server = createServer((socket) => {
    accepts += 1;
    sockets.add(socket);
    socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  }).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host,
    port,
    url: `redis://${host}:${port}`,
    get accepts() {
      return accepts;
    },
    get open() {
      return sockets.size;
    },
    async close() {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
