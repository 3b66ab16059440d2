import type { Action, Program, Scope, Step } from './program.js';

/** Programs that are a little shorter than this one, the shortest first. */
export function* shorter(program: Program): Generator<Program> {
  const { steps } = program;
  for (let size = steps.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at < steps.length; at += size)
      yield { ...program, steps: [...steps.slice(0, at), ...steps.slice(at + size)] };
  for (const [at, step] of steps.entries())
    for (const simpler of shorterStep(step)) yield { ...program, steps: replaced(steps, at, simpler) };
  yield* plainer(program);
}

function* shorterStep(step: Step): Generator<Step> {
  if (step.do === 'scopes') {
    const { scopes } = step;
    for (let size = scopes.length >> 1; size > 0; size >>= 1)
      for (let at = 0; at < scopes.length; at += size)
        yield { ...step, scopes: [...scopes.slice(0, at), ...scopes.slice(at + size)] };
    for (const [at, scope] of scopes.entries())
      for (const simpler of shorterScope(scope)) yield { ...step, scopes: replaced(scopes, at, simpler) };
  } else if ('scope' in step) for (const scope of shorterScope(step.scope)) yield { ...step, scope };
  else if (step.do === 'wait' && step.ms > 0) yield { ...step, ms: 0 };
}

function* shorterScope(scope: Scope): Generator<Scope> {
  const { body } = scope;
  for (const at of body.keys()) yield { ...scope, body: [...body.slice(0, at), ...body.slice(at + 1)] };
  for (const key of [
    'isolation',
    'deadlineMs',
    'acquireTimeoutMs',
    'attempts',
    'idempotent',
    'abort',
  ] as const)
    if (scope[key] !== undefined) yield without(scope, key);
  if (scope.catches) yield { ...scope, catches: false };
  for (const [at, action] of body.entries())
    for (const simpler of shorterAction(action)) yield { ...scope, body: replaced(body, at, simpler) };
}

function* shorterAction(action: Action): Generator<Action> {
  if (action.do !== 'echo') yield { do: 'echo', how: 0 };
  if (action.how > 0) yield { ...action, how: 0 };
}

function replaced<T>(list: readonly T[], at: number, item: T): T[] {
  return [...list.slice(0, at), item, ...list.slice(at + 1)];
}

function without<K extends keyof Scope>(scope: Scope, key: K): Scope {
  const { [key]: _, ...rest } = scope;
  return rest as unknown as Scope;
}

/** The same steps on an instance that is more like any other. */
function* plainer(program: Program): Generator<Program> {
  const plain = {
    pool: false,
    maxPending: 1_000,
    attempts: 1,
    nested: 'allow',
    protocol: 2,
    address: 'url',
    password: false,
    observer: 'none',
    maxConnecting: program.instance.maxConnections,
    acquireTimeoutMs: 5_000,
    deadlineMs: 5_000,
    releaseTimeoutMs: 1_000,
    latencyMs: 0.2,
  } as const;
  // What is done to sentinels and to a cluster has a meaning only where there is one.
  for (const [key, value] of Object.entries(plain))
    if (key === 'address' && ['sentinels', 'cluster'].includes(program.instance.address)) continue;
    else if (program.instance[key as keyof typeof plain] !== value)
      yield { ...program, instance: { ...program.instance, [key]: value } };
  const { commandTimeoutMs, ...patient } = program.instance;
  if (commandTimeoutMs) yield { ...program, instance: patient };
  const { prefixes, ...plainly } = program.instance;
  if (prefixes) yield { ...program, instance: plainly };
  const { leakThresholdMs, ...unwatched } = program.instance;
  if (leakThresholdMs) yield { ...program, instance: unwatched };
  if (typeof program.instance.pool === 'object')
    yield { ...program, instance: { ...program.instance, pool: true } };
  if (program.instance.maxConnections > 1 && program.instance.isolation !== 'auto')
    yield { ...program, instance: { ...program.instance, maxConnections: 1, maxConnecting: 1 } };
}

/** What kind of violation it is: numbers and lists of actions differ from program to program. */
export function kindOf(violation: string): string {
  return violation
    .replace(/^(scope|transaction|acquire|standing) \d+ \(.*?\)/, 'a call')
    .replace(/: (\S+ )?got .*$/, ': the reply to something else')
    .replace(/\bat .*$/, '')
    .replace(/\d+/g, '#')
    .replace(/\[.*?\]/g, '[]');
}

/** Cuts a program down for as long as it goes wrong in the same way. */
export async function shrink(
  program: Program,
  kind: string,
  violationOf: (program: Program) => Promise<string | undefined>,
  isTimeUp: () => boolean,
): Promise<Program> {
  let shortest = program;
  for (let found = true; found && !isTimeUp(); ) {
    found = false;
    for (const candidate of shorter(shortest)) {
      if (isTimeUp()) break;
      const violation = await violationOf(candidate);
      if (violation === undefined || kindOf(violation) !== kind) continue;
      shortest = candidate;
      found = true;
      break;
    }
  }
  return shortest;
}
