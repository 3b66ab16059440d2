import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isUrl, typed } from './arguments.js';
import { UsageError } from './usage-error.js';

/** `./service.js#getDashboard`: a file, and the name of what it exports, its default export where there is none. */
export interface ServiceName {
  readonly path: string;
  readonly name: string;
  /** What to call it. */
  readonly label: string;
}

export function readServiceName(text: string | undefined): ServiceName {
  if (text === undefined) throw new UsageError('which function? Such as ./service.js#getDashboard');
  if (isUrl(text))
    throw new UsageError(`which function? Such as ./service.js#getDashboard; received ${typed(text)}`);
  const hash = text.lastIndexOf('#');
  const [path, name] = hash < 0 ? [text, 'default'] : [text.slice(0, hash), text.slice(hash + 1)];
  if (path === '' || name === '')
    throw new UsageError(`${JSON.stringify(text)} is not of the form ./service.js#getDashboard`);
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
  return { path: resolve(path), name, label: name === 'default' ? basename(path) : name };
}

/** Loads the file, which may run code of any kind. */
export async function loadFunction({ path, name }: ServiceName): Promise<() => unknown> {
  const exported = namesOf(await load(path));
  const found = exported.get(name);
  if (typeof found === 'function') return found as () => unknown;
  if (exported.has(name))
    throw new UsageError(`${name} of ${path} is no function, but of type ${typeof found}`);
  const functions = [...exported].filter(([, value]) => typeof value === 'function').map(([key]) => key);
  const has = functions.length > 0 ? `it has ${functions.join(', ')}` : 'it has none';
  throw new UsageError(`${path} exports no function ${name}; ${has}`);
}

/** Names that Node cannot find in a CommonJS file are properties of its default export. */
function namesOf(module: object): Map<string, unknown> {
  const { default: inner } = module as { default?: unknown };
  const properties = typeof inner === 'object' && inner !== null ? Object.entries(inner) : [];
  return new Map([...properties, ...Object.entries(module)]);
}

async function load(path: string): Promise<object> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new UsageError(`cannot load ${path}: ${reason.split('\n')[0]}${adviceFor(path, error)}`);
  }
}

function adviceFor(path: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const isNotJavaScript = code === 'ERR_UNKNOWN_FILE_EXTENSION' || error instanceof SyntaxError;
  if (!isNotJavaScript || !/\.[mc]?tsx?$/.test(path)) return '';
  return '. For TypeScript install tsx, and set NODE_OPTIONS="--import tsx"';
}
