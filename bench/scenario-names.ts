/** In the order in which they run and are shown. */
export const scenarioNames = [
  'pooled',
  'per-call',
  'shared',
  'auto',
  'standing',
  'cold',
  'pooled-beside',
  'shared-beside',
  'far',
  'large',
  'pipelines',
  'tls',
  'per-call-tls',
  'cluster',
  'scale',
  'heap',
  'import',
  'options',
  'pooled-overhead',
  'shared-overhead',
  'nested',
  'pieces',
  'limit',
  'profile',
] as const;

export type ScenarioName = (typeof scenarioNames)[number];
