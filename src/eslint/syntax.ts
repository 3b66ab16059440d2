/** A node of any parser's tree: JavaScript's, or TypeScript's, which knows more kinds. */
// biome-ignore lint/suspicious/noExplicitAny: the shape depends on `type`, of which parsers may have any.
export type Node = any;

/** Text that is known without running the code. */
export function textOf(node: Node | null | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return undefined;
}

/** The name of a property. */
export function keyOf(node: Node, computed: boolean): string | undefined {
  return node.type === 'Identifier' && !computed ? node.name : textOf(node);
}

/** The properties that lead to a name in a pattern: `['a', 'b']` for b2 in `{ a: { b: b2 } }`. */
export function bindingPath(pattern: Node, name: string): string[] | undefined {
  if (pattern.type === 'Identifier') return pattern.name === name ? [] : undefined;
  if (pattern.type !== 'ObjectPattern') return undefined;
  for (const property of pattern.properties) {
    if (property.type !== 'Property') continue;
    const rest = bindingPath(property.value, name);
    const key = keyOf(property.key, property.computed);
    if (rest) return key === undefined ? undefined : [key, ...rest];
  }
  return undefined;
}
