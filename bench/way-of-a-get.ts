import { Session } from 'node:inspector/promises';
import { createWithRedis } from '../src/index.js';
import { openTarget } from './target.js';

/** Enough that the connection is at hand for all but the first; what each runs is called at least so often. */
const CALLS = 200;

/**
 * How much code one warm pooled GET runs through: the files and functions of `src`, by V8's own coverage. By hand:
 * `npx tsx bench/way-of-a-get.ts`.
 */
async function measure(): Promise<void> {
  const target = await openTarget();
  const cache = createWithRedis({ url: target.url, pool: true });
  const get = () => cache((redis) => redis.get(target.key));
  const session = new Session();
  session.connect();
  try {
    for (let call = 0; call < CALLS; call += 1) await get();
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    await session.post('Profiler.takePreciseCoverage');
    for (let call = 0; call <= CALLS; call += 1) await get();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    report(result);
  } finally {
    session.disconnect();
    await cache.close();
    await target.close();
  }
}

/** What compilers add. */
const NOT_OURS = ['<instance_members_initializer>', '__name'];

interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { count: number }[];
  }[];
}

function report(scripts: readonly Script[]): void {
  let sum = 0;
  const files: string[] = [];
  for (const { url, functions } of scripts) {
    const [, file] = /\/src\/(.+?\.ts)/.exec(url) ?? [];
    const ran = functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) >= CALLS);
    const names = ran.map((fn) => fn.functionName).filter((name) => !NOT_OURS.includes(name));
    if (file === undefined || names.length === 0) continue;
    sum += names.length;
    files.push(
      `${String(names.length).padStart(3)}  ${file}: ${names.map((name) => name || '…').join(', ')}`,
    );
  }
  console.log(files.sort().join('\n'));
  console.log(`one warm pooled GET: ${files.length} files, ${sum} functions of src`);
}

await measure();
