import { moduleValueOf, type SourceCode } from './module-value.js';
import { keyOf, type Node, unwrapped } from './syntax.js';

/**
 * Whether a client is made within `createWithRedis({ connect: () => … })` or `replaceRedis(cache, () => …)`: the instance
 * closes that one.
 */
export function isForInstance(node: Node, source: SourceCode): boolean {
  for (let inner = node; inner.parent; inner = inner.parent) {
    const { parent } = inner;
    if (isConnect(parent) && isArgument(parent.parent, 0, 'createWithRedis', source)) return true;
    if (isArgument(inner, 1, 'replaceRedis', source)) return true;
  }
  return false;
}

const isConnect = ({ type, key, computed }: Node) =>
  type === 'Property' && keyOf(key, computed) === 'connect';

function isArgument(node: Node, index: number, name: string, source: SourceCode): boolean {
  const whole = wholeOf(node);
  const call = whole.parent;
  if (call?.type !== 'CallExpression' || call.arguments[index] !== whole) return false;
  return moduleValueOf(call.callee, source)?.path.at(-1) === name;
}

const choices = ['LogicalExpression', 'ConditionalExpression'];

/** The value that it is, or may be: `{ ...(a && value) }` as well as `value as Options`. */
function wholeOf(node: Node): Node {
  const { parent } = node;
  if (!parent) return node;
  if (unwrapped(parent) !== parent || choices.includes(parent.type)) return wholeOf(parent);
  return parent.type === 'SpreadElement' && parent.parent.type === 'ObjectExpression'
    ? wholeOf(parent.parent)
    : node;
}
