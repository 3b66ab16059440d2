import { observeRedis } from '../../test/support/redis-observer.js';
import { startTlsServer } from '../../test/support/tls-server.js';
import type { Situation } from './situation.js';

/** A server of its own that speaks TLS, as managed services demand. */
export const overTls: Situation = {
  name: 'TLS',
  async around(bench, use) {
    const { server, url, certificate, stop } = await startTlsServer();
    try {
      const observer = await observeRedis(server.url);
      await observer.command('SET', bench.key, bench.value);
      await observer.close();
      return await use({ ...bench, url, tls: { tls: { ca: certificate.cert } } });
    } finally {
      await stop();
    }
  },
};
