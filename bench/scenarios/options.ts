import { scopedGet } from '../peers/ours.js';
import { ours } from '../subjects.js';
import { callersScenario } from './callers.js';

const nothing = () => undefined;

/** Hears all that happens in each scope, and does nothing about it. */
const observer = { onAcquire: nothing, onRelease: nothing };

export const options = callersScenario(
  'What an option costs: GET of 100 bytes, pooled and exclusive unless said otherwise',
  [
    scopedGet({ pool: true }),
    scopedGet({ pool: true, observer }, `${ours}, observer`),
    scopedGet({ pool: true }, `${ours}, label`, { label: 'price.get' }),
    scopedGet({ pool: true }, `${ours}, signal`, { signal: new AbortController().signal }),
    scopedGet({ pool: true, retry: { attempts: 3 } }, `${ours}, retry`),
    scopedGet({ pool: true, nested: 'detect' }, `${ours}, nested: detect`),
    scopedGet({ pool: true, isolation: 'shared' }, `${ours}, shared`),
    scopedGet({ pool: true, isolation: 'shared', observer }, `${ours}, shared, observer`),
  ],
  [50],
);
