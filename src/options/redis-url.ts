import type { RedisOptions } from 'ioredis';
import { ConfigurationError } from '../core/errors.js';
import { readQueryOption } from './redis-options.js';
import { kindOf } from './validation.js';

const FORMS = 'a valid redis:// or rediss:// URL, or the path of a unix socket';

/** What is most often wrong with a URL that cannot be read: said without showing any of it. */
const ESCAPE =
  'user name and password must be escaped (encodeURIComponent): # is %23, / is %2F, ? is %3F, @ is %40, % is %25';

/** What begins with two has lost its scheme, and may hold a password; a path is shown with every error. */
const PATH = /^\/(?!\/)/;

/** Reads a URL. It may hold a password, so nothing of it is ever shown. */
export function readUrl(option: string, value: unknown): RedisOptions {
  if (typeof value !== 'string') {
    throw new ConfigurationError(option, `must be ${FORMS}; received ${kindOf(value)}`);
  }
  // As a URL has it; the end of a line comes along from a file.
  const text = value.trim();
  if (PATH.test(text)) return readPath(option, text);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'unix') return readPath(option, text.slice('unix://'.length));
  if (scheme !== 'redis' && scheme !== 'rediss') {
    const bare = /^["']/.test(text) ? 'in quotes' : 'without a scheme';
    const got = scheme === undefined ? bare : `that begins with ${scheme}://`;
    throw new ConfigurationError(option, `must be ${FORMS}; received a string ${got}`);
  }
  if (!URL.canParse(text)) throw new ConfigurationError(option, `cannot be read as a URL; ${ESCAPE}`);
  return readParts(option, new URL(text), scheme === 'rediss');
}

function readParts(option: string, url: URL, isTls: boolean): RedisOptions {
  const { hostname, port, username, password, pathname, hash, search } = url;
  if (hash !== '' || /@/.test(pathname + search)) {
    throw new ConfigurationError(option, `holds a # / ? or @ where none can be; ${ESCAPE}`);
  }
  const place = {
    ...(hostname !== '' && { host: hostname.replace(/^\[|\]$/g, '') }),
    ...(port !== '' && { port: Number(port) }),
    ...(isTls && { tls: {} }),
    ...readDatabase(option, pathname),
  };
  const user = decode(option, username);
  const secret = decode(option, password);
  // As ioredis has it: what the query says is for where the URL itself says nothing.
  return {
    host: 'localhost',
    port: 6379,
    ...readQuery(url.searchParams),
    ...place,
    ...(user !== '' && { username: user }),
    ...(secret !== '' && { password: secret }),
  };
}

function readPath(option: string, text: string): RedisOptions {
  const [path = '', query = ''] = text.split(/\?(.*)/s);
  if (!PATH.test(path)) throw new ConfigurationError(option, 'must hold the whole path of a unix socket');
  return { ...readQuery(new URLSearchParams(query)), path: decode(option, path) };
}

function readDatabase(option: string, pathname: string): { db?: number } {
  const text = pathname.replace(/^\/|\/$/g, '');
  if (text === '') return {};
  if (/^\d+$/.test(text)) return { db: Number(text) };
  throw new ConfigurationError(
    option,
    `must end in the number of a database, such as /0, or nothing (or ${ESCAPE})`,
  );
}

function readQuery(parameters: URLSearchParams): RedisOptions {
  const read: Record<string, unknown> = {};
  for (const [name, text] of parameters) {
    const value = readQueryOption(name, text);
    if (value !== undefined) read[name] = value;
  }
  return read as RedisOptions;
}

function decode(option: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigurationError(option, `holds a % that begins no escape; ${ESCAPE}`);
  }
}
