import type { Scenario } from '../scenario.js';
import type { ScenarioName } from '../scenario-names.js';
import { auto } from './auto.js';
import { pooledBeside, sharedBeside } from './beside.js';
import { cluster } from './cluster.js';
import { cold } from './cold.js';
import { distant } from './far.js';
import { heap } from './heap.js';
import { importTime } from './import-time.js';
import { largeValues, pipelines } from './large.js';
import { limit } from './limit.js';
import { nested } from './nested.js';
import { options } from './options.js';
import { pooledOverhead, sharedOverhead } from './overhead.js';
import { perCall } from './per-call.js';
import { pieces } from './pieces.js';
import { pooled } from './pooled.js';
import { profile } from './profile.js';
import { scale } from './scale/index.js';
import { shared } from './shared.js';
import { standing } from './standing.js';
import { perCallTls, tls } from './tls.js';

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  pooled,
  'per-call': perCall,
  shared,
  auto,
  standing,
  cold,
  'pooled-beside': pooledBeside,
  'shared-beside': sharedBeside,
  far: distant,
  large: largeValues,
  pipelines,
  tls,
  'per-call-tls': perCallTls,
  cluster,
  scale,
  heap,
  import: importTime,
  options,
  'pooled-overhead': pooledOverhead,
  'shared-overhead': sharedOverhead,
  nested,
  pieces,
  limit,
  profile,
};
