import { type Certificate, makeCertificate } from './certificates.js';
import { findFreePort } from './free-port.js';
import { type RedisServer, startRedisServer } from './redis-server.js';

/** A server that speaks TLS beside what it speaks without. */
export interface TlsServer {
  readonly server: RedisServer;
  readonly port: number;
  /** With TLS. */
  readonly url: string;
  readonly certificate: Certificate;
  stop(): Promise<void>;
}

/** @param options `clients`: they must show a certificate too. */
export async function startTlsServer(
  options: { readonly expired?: boolean; readonly clients?: boolean } = {},
): Promise<TlsServer> {
  const certificate = await makeCertificate(options);
  const port = await findFreePort();
  const files = ['--tls-cert-file', certificate.certFile, '--tls-key-file', certificate.keyFile];
  const authority = ['--tls-ca-cert-file', certificate.certFile];
  const clients = ['--tls-auth-clients', options.clients ? 'yes' : 'no'];
  const server = await startRedisServer({
    args: ['--tls-port', String(port), ...files, ...authority, ...clients],
  });
  const stop = async () => {
    await server.stop();
    certificate.remove();
  };
  return { server, port, url: `rediss://127.0.0.1:${port}`, certificate, stop };
}
