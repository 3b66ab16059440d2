import { scopedGet, standingGet } from '../peers/ours.js';
import { ourScopes, ours } from '../subjects.js';
import { callersScenario } from './callers.js';

export const standing = callersScenario(
  'cache.redis beside the same calls as scopes: GET of 100 bytes, pooled',
  [
    standingGet({ pool: true }),
    scopedGet({ pool: true }, ourScopes),
    standingGet({ isolation: 'shared' }, `${ours}, shared`),
    scopedGet({ isolation: 'shared' }, `${ourScopes}, shared`),
  ],
  [1, 50],
);
