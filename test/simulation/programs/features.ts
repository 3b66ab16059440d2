import type { ActionName } from './program.js';

/** What programs may contain; each program leaves some of it out, so that one thing does not drown the other. */
export const FEATURES = {
  unwritable: ['unwritable'],
  'multi apart': ['multi apart'],
  'multi in pipeline': ['multi in pipeline'],
  'subscribing multi': ['multi subscribing'],
  throws: ['throw'],
  state: [
    'watch',
    'exec alone',
    'open multi',
    'select',
    'subscribe',
    'rename',
    'silence',
    'track',
    'listen',
    'quit',
  ],
  blocking: ['block'],
  careless: ['forget', 'never end'],
  'careless multi': ['forget multi'],
  nesting: ['nest'],
  aborts: [],
  network: [],
  endings: [],
  moods: [],
  moves: [],
  speech: [],
  clock: [],
  stalls: [],
  sleep: [],
  closing: [],
  leases: [],
  observers: [],
  factories: [],
  far: [],
  'two addresses': [],
  standing: [],
  sentinels: [],
  cluster: ['by name'],
  reshaping: [],
  'command timeouts': [],
} as const satisfies Record<string, readonly ActionName[]>;
export type Feature = keyof typeof FEATURES;

export const isFeature = (name: string): name is Feature => name in FEATURES;
