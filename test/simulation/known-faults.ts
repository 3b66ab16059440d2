import type { Feature } from './programs/features.js';

/** A fault that the package once had, and how it shows. */
export interface KnownFault {
  /** In the list of what users of such libraries have met. */
  readonly number: number;
  readonly title: string;
  /** What a program needs to meet it; without the rest, so that other faults do not come first. */
  readonly features: readonly Feature[];
  readonly shows: RegExp;
}

export const KNOWN_FAULTS: readonly KnownFault[] = [
  {
    number: 60,
    title: "an argument that cannot be written gives strangers each other's replies",
    features: ['unwritable'],
    shows: /got .*, not /,
  },
  {
    number: 61,
    title: 'the same argument leaves a rejection that nobody can handle',
    features: ['unwritable'],
    shows: /unhandled rejection: (TypeError|RangeError)/,
  },
  {
    number: 62,
    title: "what throws in ioredis's data handler ends the process",
    features: ['subscribing multi'],
    shows: /uncaught exception/,
  },
  {
    number: 63,
    title: '`redis` does not go over `url`',
    features: ['two addresses'],
    shows: /redis\.sim:1:/,
  },
  {
    number: 66,
    title: 'a name that moved: every pooled write gets READONLY',
    features: ['moves'],
    shows: /does not recover: .*READONLY/,
  },
  {
    number: 68,
    title: 'a connection that said something nobody asked for is lent on',
    features: ['speech'],
    shows: /said something nobody asked for/,
  },
  {
    number: 69,
    title: 'a transaction inside a pipeline does nothing',
    features: ['multi in pipeline'],
    shows: /multi in pipeline/,
  },
  {
    number: 70,
    title: 'commands after a refused multi({ pipeline: false }) run outside of it',
    features: ['multi apart'],
    shows: /outside of its transaction/,
  },
  {
    number: 72,
    title: 'a false ClosedError',
    features: ['aborts'],
    shows: /ClosedError of an instance that is open/,
  },
  {
    number: 74,
    title: 'a multi that nobody awaits ends the process',
    features: ['careless multi', 'endings', 'aborts'],
    shows: /unhandled rejection/,
  },
  {
    number: 75,
    title: 'what a function throws is looked at',
    features: ['throws'],
    shows: /rejection|not settled|wait/,
  },
  {
    number: 76,
    title: 'the wall clock steps back: a dial storm',
    features: ['clock', 'stalls', 'endings', 'network'],
    shows: /dial storm|does not recover/,
  },
  {
    number: 78,
    title: 'a busy event loop is taken for a dead server',
    features: ['stalls'],
    shows: /taken for dead/,
  },
];
