import type { ActionName, Program, Scope } from './program.js';

/** What keeps a connection from answering, or makes it look as if it did. */
export const DISTURBING: readonly ActionName[] = [
  'silence',
  'block',
  'unwritable',
  'multi subscribing',
  'scan',
  'forget',
  'forget multi',
];

/** Nothing in it is a reason to think that a connection is dead. */
export function isCalm({ instance, steps }: Program): boolean {
  // A shared connection that idled for too long is closed unasked, as is one that asks a node what nobody wants to know any more.
  if (instance.isolation !== 'exclusive' || instance.address === 'cluster') return false;
  if (instance.commandTimeoutMs) return false;
  const harmless = ({ body, isolation }: Scope) =>
    isolation === undefined && body.every((action) => !DISTURBING.includes(action.do));
  return steps.every((step) => {
    // A wall clock that leaps looks like a process that slept, and its connections like old ones.
    if (['server', 'network', 'sleep', 'clock', 'factory'].includes(step.do)) return false;
    if (step.do === 'scopes') return step.scopes.every(harmless);
    return 'scope' in step ? harmless(step.scope) : true;
  });
}
