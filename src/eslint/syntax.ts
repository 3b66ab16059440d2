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
  if (node.type === 'PrivateIdentifier') return `#${node.name}`;
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

/** The name of the type that is written behind that of a variable, a parameter or a member. */
export function typeNameOf(named: Node): Node | undefined {
  const written = named.typeAnnotation?.typeAnnotation;
  return written?.type === 'TSTypeReference' ? written.typeName : undefined;
}

/** Of `this.name` what the class has of that name: a property, or a parameter of its constructor that is one as well. */
export function memberOfThis(self: Node, name: string | undefined): Node | undefined {
  if (name === undefined) return undefined;
  let node = self;
  while (node && node.type !== 'ClassBody') node = hasOwnThis(node) ? undefined : node.parent;
  const members: readonly Node[] = node?.body ?? [];
  const parameters = members.flatMap(({ value }) => value?.params ?? []);
  const property = members.find(
    ({ type, key, computed }) => type === 'PropertyDefinition' && keyOf(key, computed) === name,
  );
  return property ?? parameters.map(parameterProperty).find((parameter) => parameter?.name === name);
}

/** `private redis: Redis` among the parameters of a constructor. */
function parameterProperty({ type, parameter }: Node): Node | undefined {
  return type === 'TSParameterProperty' ? (parameter.left ?? parameter) : undefined;
}

/** A function that is no method of a class. */
function hasOwnThis({ type, parent }: Node): boolean {
  if (type === 'FunctionExpression') return parent.type !== 'MethodDefinition';
  return type === 'FunctionDeclaration';
}

/** Whether it is of TypeScript alone, and leaves nothing to be run: within `declare module 'x' { … }` and the like. */
export function isAmbient(node: Node | null): boolean {
  return node !== null && (node.declare === true || isAmbient(node.parent));
}

const wrappers = ['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression', 'TSTypeAssertion'];

/** Without what is written around a value for the compiler. */
export function unwrapped(node: Node): Node {
  return wrappers.includes(node.type) ? unwrapped(node.expression) : node;
}
