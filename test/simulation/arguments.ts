import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FEATURES } from './programs/features.js';
import type { InstancePlan } from './programs/program.js';

const ADDRESSES: readonly InstancePlan['address'][] = [
  'url',
  'redis',
  'both',
  'factory',
  'sentinels',
  'cluster',
];
/** Workers begin so far from each other, and the last one must still be counted exactly. */
const APART = 2 ** 32;
const MOST_WORKERS = 64;
const LARGEST_SEED = Number.MAX_SAFE_INTEGER - MOST_WORKERS * APART;

export const usage = `npm run simulate -- [options]
  --seed <n>           what all is drawn from, 0 to ${LARGEST_SEED}; one of the time unless given
  --scopes <n>         ends after so many; 100000 unless --minutes or --program is given
  --minutes <n>        ends after so long
  --workers <n>        processes beside each other, 1 to ${MOST_WORKERS}; 1 unless given
  --ioredis <5|6>      6 unless given
  --program <n>        only this one, with its story if it fails; may be given again
  --plan <json|file>   only this one, written by hand or as a failure prints it
  --address <kind>     only programs whose data is there: ${ADDRESSES.join(', ')}
  --without <feature>  leaves it out; may be given again: ${Object.keys(FEATURES).join(', ')}
  --tolerate <regexp>  what is known to be wrong; may be given again
  --as-is              does not look for a shorter program
  --on                 goes on after a failure`;

export interface SimulationArguments {
  readonly seed: number;
  readonly workers: number;
  readonly major: 5 | 6;
  /** Those of a worker. */
  of(worker: number): string[];
}

/** Throws where they make no sense: a run that ends never, or does something else, is worse. */
export function readArguments(args: readonly string[], now: number): SimulationArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(now % 2 ** 31) },
      scopes: { type: 'string' },
      minutes: { type: 'string' },
      workers: { type: 'string', default: '1' },
      ioredis: { type: 'string', default: '6' },
      program: { type: 'string', multiple: true, default: [] },
      plan: { type: 'string' },
      address: { type: 'string' },
      without: { type: 'string', multiple: true, default: [] },
      tolerate: { type: 'string', multiple: true, default: [] },
      on: { type: 'boolean', default: false },
      'as-is': { type: 'boolean', default: false },
    },
  });
  const { program, plan, minutes, address, without, tolerate } = values;
  const isSingle = program.length > 0 || plan !== undefined;
  const seed = whole('--seed', values.seed, 0, LARGEST_SEED);
  const workers = isSingle ? 1 : whole('--workers', values.workers, 1, MOST_WORKERS);
  const scopes = values.scopes ?? (minutes !== undefined || isSingle ? undefined : '100000');
  const share = scopes && Math.ceil(whole('--scopes', scopes, 1, Number.MAX_SAFE_INTEGER) / workers);
  if (minutes !== undefined && !(Number(minutes) > 0)) refuse('--minutes', minutes, 'a number above 0');
  const written = plan === undefined ? undefined : programIn(plan);
  for (const each of program) whole('--program', each, 0, Number.MAX_SAFE_INTEGER);
  for (const each of without) oneOf('--without', each, Object.keys(FEATURES));
  if (address !== undefined) oneOf('--address', address, ADDRESSES);
  for (const each of tolerate) new RegExp(each);
  const given = (name: string, ...all: (string | number | undefined)[]) =>
    all.flatMap((value) => (value === undefined ? [] : [`--${name}`, String(value)]));
  return {
    seed,
    workers,
    major: oneOf('--ioredis', values.ioredis, ['5', '6']) === '5' ? 5 : 6,
    of: (worker) => [
      // Each has its own seeds and its share of the scopes, so that the same arguments give the same trace.
      ...given('seed', seed + worker * APART),
      ...given('scopes', share),
      ...given('minutes', minutes),
      ...given('program', ...program),
      ...given('plan', written),
      ...given('address', address),
      ...given('without', ...without),
      ...given('tolerate', ...tolerate),
      ...(values.on ? ['--on'] : []),
      ...(values['as-is'] ? ['--as-is'] : []),
    ],
  };
}

/** Of the file, where it is no program itself; in one line. */
function programIn(plan: string): string {
  const text = plan.startsWith('{') ? plan : readFileSync(plan, 'utf8');
  return JSON.stringify(JSON.parse(text));
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < least || number > most)
    refuse(name, text, `a whole number from ${least} to ${most}`);
  return number;
}

function oneOf(name: string, text: string, known: readonly string[]): string {
  return known.includes(text) ? text : refuse(name, text, `one of ${known.join(', ')}`);
}

function refuse(name: string, text: string, wanted: string): never {
  throw new RangeError(`${name} must be ${wanted}; received ${JSON.stringify(text)}`);
}
