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

/** The names that a pattern declares, those behind a default or a rest left aside. */
export function namesIn(pattern: Node): Node[] {
  if (pattern.type === 'Identifier') return [pattern];
  if (pattern.type !== 'ObjectPattern') return [];
  return pattern.properties.flatMap(({ value }: Node) => (value ? namesIn(value) : []));
}

/** Of `promise.then(…)` the promise. */
export function promiseOfThen(call: Node): Node | undefined {
  const { callee } = call;
  if (call.type !== 'CallExpression' || callee.type !== 'MemberExpression') return undefined;
  return keyOf(callee.property, callee.computed) === 'then' ? callee.object : undefined;
}

/** What a function returns, where its body is that alone. */
export function returnedBy(node: Node | undefined): Node | undefined {
  if (node?.type !== 'ArrowFunctionExpression' && node?.type !== 'FunctionExpression') return undefined;
  if (node.body.type !== 'BlockStatement') return node.body;
  const [only] = node.body.body;
  return only?.type === 'ReturnStatement' ? only.argument : undefined;
}

/** The name of the type that is written behind that of a variable or a parameter. */
export function typeNameOf(identifier: Node): Node | undefined {
  const written = identifier.typeAnnotation?.typeAnnotation;
  return written?.type === 'TSTypeReference' ? written.typeName : undefined;
}
