import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type FaultMode, ProxiedConnection } from './proxied-connection.js';

export type { FaultMode } from './proxied-connection.js';

export interface FaultProxy {
  /** May be set at any time; holds for existing and for new connections. */
  mode: FaultMode;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Connections accepted so far, the refused ones included. */
  readonly accepts: number;
  /** Connections that a client still holds: neither its FIN nor its RST has come. */
  readonly open: number;
  readonly bytesFromClients: number;
  /** What clients sent, chunk by chunk, in RESP, whether forwarded or not. */
  readonly received: readonly string[];
  /** RST on every current connection. */
  reset(): void;
  /** The current connections become black holes, new ones are not concerned; `end` resets the frozen ones. */
  freeze(): { end(): void };
  /** From here on a dial gets ECONNREFUSED; current connections stay. */
  stopListening(): void;
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

const host = '127.0.0.1';

/** A TCP proxy on a loopback port in front of the server on `port`. */
export async function startFaultProxy(target: { port: number; host?: string }): Promise<FaultProxy> {
  const ledger = { accepts: 0, bytes: 0, received: [] as string[] };
  const connections = new Set<ProxiedConnection>();
  let mode: FaultMode = 'pass';

  const setting = {
    mode: () => mode,
    dialServer: () =>
      connect({
        host: target.host ?? host,
        port: target.port,
        allowHalfOpen: true,
      }),
    onClientData(chunk: Buffer) {
      ledger.bytes += chunk.length;
      ledger.received.push(chunk.toString());
    },
    onClose: (connection: ProxiedConnection) => connections.delete(connection),
  };
  const accept = (client: Socket) => {
    ledger.accepts += 1;
    if (mode === 'refuse') client.on('error', () => undefined).resetAndDestroy();
    else connections.add(new ProxiedConnection(client, setting));
  };
  const reset = () => {
    for (const connection of connections) connection.reset();
  };

  const server = createServer({ allowHalfOpen: true }, accept);
  const port = await listen(server, 0);
  return {
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
      for (const connection of connections) connection.settle();
    },
    host,
    port,
    url: `redis://${host}:${port}`,
    get accepts() {
      return ledger.accepts;
    },
    get open() {
      return [...connections].filter((connection) => connection.isOpen).length;
    },
    get bytesFromClients() {
      return ledger.bytes;
    },
    get received() {
      return ledger.received;
    },
    reset,
    freeze() {
      const frozen = [...connections];
      for (const connection of frozen) connection.frozen = true;
      return {
        end: () => {
          for (const connection of frozen) connection.reset();
        },
      };
    },
    stopListening: () => void server.close(),
    listenAgain: async () => void (await listen(server, port)),
    async close() {
      if (server.listening) server.close();
      reset();
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
