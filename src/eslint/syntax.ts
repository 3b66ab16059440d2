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
  if (pattern.type === 'AssignmentPattern') return bindingPath(pattern.left, name);
  if (pattern.type !== 'ObjectPattern') return undefined;
  for (const property of pattern.properties) {
    // What is left has whatever was not taken.
    if (property.type !== 'Property') return bindingPath(property.argument, name);
    const rest = bindingPath(property.value, name);
    const key = keyOf(property.key, property.computed);
    if (rest) return key === undefined ? undefined : [key, ...rest];
  }
  return undefined;
}

/** The names that a pattern declares, those in lists left aside. */
export function namesIn(pattern: Node): Node[] {
  if (pattern.type === 'Identifier') return [pattern];
  if (pattern.type === 'AssignmentPattern') return namesIn(pattern.left);
  if (pattern.type !== 'ObjectPattern') return [];
  return pattern.properties.flatMap(({ value, argument }: Node) => namesIn(value ?? argument));
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

/** The names of the types that are written behind that of a variable, a parameter or a member: `A | undefined` has one. */
export function typeNamesOf(named: Node): readonly Node[] {
  const namesOf = (type: Node | undefined): readonly Node[] => {
    if (type?.type === 'TSUnionType') return type.types.flatMap(namesOf);
    return type?.type === 'TSTypeReference' ? [type.typeName] : [];
  };
  return namesOf(named.typeAnnotation?.typeAnnotation);
}

/**
 * Of `this.name` what the class has of that name: a property, a parameter of its constructor that is one as well, and what
 * its methods assign to it.
 */
export function membersOfThis(self: Node, name: string | undefined): readonly Node[] {
  if (name === undefined) return [];
  let node = self;
  while (node && node.type !== 'ClassBody') node = hasOwnThis(node) ? undefined : node.parent;
  const members: readonly Node[] = node?.body ?? [];
  const parameters = members.flatMap(({ value }) => value?.params ?? []);
  const properties = members.filter(
    ({ type, key, computed }) => type === 'PropertyDefinition' && keyOf(key, computed) === name,
  );
  const parameter = parameters.map(parameterProperty).find((each) => each?.name === name);
  const statements: readonly Node[] = members.flatMap(({ value }) => value?.body?.body ?? []);
  const assignments = statements
    .map(({ expression }) => expression)
    .filter((each) => assignsToThis(each, name));
  return [...properties, ...(parameter ? [parameter] : []), ...assignments];
}

function assignsToThis(node: Node | undefined, name: string): boolean {
  if (node?.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return false;
  const { object, property, computed } = node.left;
  return object.type === 'ThisExpression' && keyOf(property, computed) === name;
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
