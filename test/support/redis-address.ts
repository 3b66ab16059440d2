import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RedisAddress {
  readonly username: string;
  readonly password: string;
  readonly db: number;
  /** Begins to connect; the socket may still fail. */
  dial(): Socket;
}

/** What REDIS_URL may hold: `redis://`, `rediss://`, a bare `host:port`, or the path of a unix socket. */
export function parseRedisAddress(text: string): RedisAddress {
  if (text.startsWith('/')) return { username: '', password: '', db: 0, dial: () => connect(text) };
  const url = new URL(text.includes('://') ? text : `redis://${text}`);
  const host = url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const port = Number(url.port || 6379);
  return {
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    db: Number(url.pathname.slice(1)) || 0,
    dial: () =>
      url.protocol === 'rediss:' ? connectTls({ host, port, servername: host }) : connect({ host, port }),
  };
}
