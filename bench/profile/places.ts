import type { SelfTime } from './sampler.js';

const systemCalls = /^(write(v|Buffer|Utf8String|Latin1String|AsciiString)?|readStart|shutdown)$/;

/** Whose time it is, from where a function was loaded. Native ones have no file, only a name. */
export function placeOf({ functionName, url }: SelfTime, packageFolder: string): string {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(idle)') return 'idle: waiting for the server';
  if (functionName === '(program)') return 'native: event loop, reading, microtask queue';
  if (url.includes(packageFolder)) return 'with-redis';
  if (url.includes('/redis-parser/')) return 'ioredis: reply parser';
  if (url.includes('/ioredis/') || url.includes('/denque/') || url.includes('/@ioredis/')) return 'ioredis';
  if (url.includes('/generic-pool/')) return 'generic-pool';
  if (url === '') return systemCalls.test(functionName) ? 'native: write' : 'native: other';
  if (/^node:(net|internal\/(streams?|stream_base_commons|net))/.test(url))
    return 'Node: streams and sockets';
  if (url.startsWith('node:')) return 'Node: ticks, timers, promises';
  return "the bench's own callers";
}
