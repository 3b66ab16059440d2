import { makeCertificate } from '../../test/support/certificates.js';
import { findFreePort } from '../../test/support/free-port.js';
import { observeRedis } from '../../test/support/redis-observer.js';
import { startRedisServer } from '../../test/support/redis-server.js';
import type { Situation } from './situation.js';

/** A server of its own that speaks TLS, as managed services demand. */
export const overTls: Situation = {
  name: 'TLS',
  async around(bench, use) {
    const [certificate, port] = [await makeCertificate(), await findFreePort()];
    const files = ['--tls-cert-file', certificate.certFile, '--tls-key-file', certificate.keyFile];
    const others = ['--tls-ca-cert-file', certificate.certFile, '--tls-auth-clients', 'no'];
    const server = await startRedisServer({ args: ['--tls-port', String(port), ...files, ...others] });
    try {
      const observer = await observeRedis(server.url);
      await observer.command('SET', bench.key, bench.value);
      await observer.close();
      return await use({
        ...bench,
        url: `rediss://127.0.0.1:${port}`,
        tls: { tls: { ca: certificate.cert } },
      });
    } finally {
      await server.stop();
      certificate.remove();
    }
  },
};
