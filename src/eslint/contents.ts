import { type SourceCode, variableOf } from './module-value.js';
import { type Node, unwrapped } from './syntax.js';
import { onlyWriteOf } from './writes.js';

/** What somebody gets with a value: itself, or what is in the object or the list, where the file writes that out. */
export function contentsOf(value: Node, source: SourceCode, visited: readonly Node[] = []): readonly Node[] {
  const node = writtenOut(value, source);
  const parts: readonly Node[] | undefined = node && partsOf(node);
  if (!parts) return [value];
  if (visited.includes(node)) return [];
  return parts.flatMap((part) => contentsOf(part, source, [...visited, node]));
}

/** The value of a variable that gets one once. */
function writtenOut(value: Node, source: SourceCode): Node | undefined {
  const node = unwrapped(value);
  if (node.type !== 'Identifier') return node;
  const variable = variableOf(node, source);
  const write = variable && onlyWriteOf(variable);
  const target = write?.init ? (variable?.defs[0]?.node as Node)?.id : write?.identifier;
  return target?.type === 'Identifier' && write?.writeExpr ? unwrapped(write.writeExpr) : undefined;
}

function partsOf({ type, properties, elements }: Node): readonly Node[] | undefined {
  if (type === 'ObjectExpression') return properties.map((each: Node) => each.value ?? each.argument);
  if (type !== 'ArrayExpression') return undefined;
  return elements.flatMap((each: Node) => (each?.type === 'SpreadElement' ? each.argument : (each ?? [])));
}
