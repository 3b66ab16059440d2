/** Values that a caller may hand over and that break whoever looks at them. */

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwing(): object {
  const fail = () => {
    throw new RangeError('nobody may look at this');
  };
  return new Proxy(
    {},
    { get: fail, has: fail, getPrototypeOf: fail, ownKeys: fail, getOwnPropertyDescriptor: fail },
  );
}

/** What a function may throw. Made anew each time, so that it can be told from all others. */
export const THROWABLE: readonly ((id: number) => unknown)[] = [
  (id) => new Error(`thrown by ${id}`),
  (id) => new Error(`thrown by ${id}`),
  () => undefined,
  () => null,
  (id) => `text ${id}`,
  (id) => id,
  () => revoked(),
  () => throwing(),
  (id) => Object.freeze(new Error(`frozen by ${id}`)),
  () => Object.create(null),
  (id) => Object.assign(new Error(`Connection is closed.`), { id }),
  () => Symbol('thrown'),
];

/** Arguments that cannot be made into text. */
export const UNWRITABLE: readonly (() => unknown)[] = [
  () => Object.create(null),
  () => revoked(),
  () => throwing(),
  () => Symbol('argument'),
  () => ({
    toString() {
      throw new RangeError('not to be written');
    },
  }),
  () => ({ toString: () => ({}) as never, valueOf: () => ({}) as never }),
];

/** A description that cannot throw. */
export function describe(value: unknown): string {
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return String(value);
  } catch {
    return 'something that cannot be shown';
  }
}
