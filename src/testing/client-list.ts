import type { ScopedRedis } from '../index.js';

/** One line of CLIENT LIST; numbers are in seconds where the server counts so. */
export interface ClientRow {
  readonly id: number;
  readonly addr: string;
  readonly name: string;
  readonly ageSeconds: number;
  readonly idleSeconds: number;
  readonly command: string;
}

/** CLIENT LIST's text: a client a line, `field=value` pairs with spaces in between. */
export function parseClientList(text: string): ClientRow[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('id='))
    .map(parseRow);
}

function parseRow(line: string): ClientRow {
  const field = (name: string) => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? '';
  return {
    id: Number(field('id')),
    addr: field('addr'),
    name: field('name'),
    ageSeconds: Number(field('age')),
    idleSeconds: Number(field('idle')),
    command: field('cmd'),
  };
}

/** The port of a TCP address such as `127.0.0.1:50412` or `[::1]:50412`. */
export function portOf(addr: string): number {
  return Number(addr.slice(addr.lastIndexOf(':') + 1));
}

/** An address without its port, which every connection has its own of. */
export function hostOf(addr: string): string {
  return addr.slice(0, addr.lastIndexOf(':'));
}

/** `null` where the server keeps its limit to itself, as some that are hosted do. */
export async function readMaxClients(redis: ScopedRedis): Promise<number | null> {
  const info = await redis.info('clients').catch(() => '');
  const inInfo = /^maxclients:(\d+)/m.exec(info)?.[1];
  if (inInfo !== undefined) return Number(inInfo);
  const [, configured] = await redis.config('GET', 'maxclients').catch(() => []);
  return configured === undefined ? null : Number(configured);
}
