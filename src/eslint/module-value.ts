import type { Rule, Scope } from 'eslint';
import {
  calledClient,
  clientOf,
  isClientClass,
  isClientType,
  type ModuleValue,
  moduleNamed,
  opensClients,
} from './redis-clients.js';
import {
  bindingPath,
  keyOf,
  membersOfThis,
  type Node,
  promiseOfThen,
  returnedBy,
  textOf,
  typeNamesOf,
  unwrapped,
} from './syntax.js';
import { onlyWriteOf, writesOf } from './writes.js';

export type SourceCode = Rule.RuleContext['sourceCode'];

/** Which value of which module an expression stands for, as far as the file tells; of a promise, what it resolves to. */
export function moduleValueOf(
  expression: Node,
  source: SourceCode,
  visited: ReadonlySet<object> = new Set(),
): ModuleValue | undefined {
  const follow = (next: Node | null | undefined, ...from: readonly object[]) =>
    next && moduleValueOf(next, source, new Set([...visited, ...from]));
  const node = unwrapped(expression);
  switch (node.type) {
    case 'Identifier': {
      const variable = variableOf(node, source);
      if (!variable || visited.has(variable)) return undefined;
      const value = valueOfVariable(variable, (next) => follow(next, variable));
      return value ?? clientOfType(variable.identifiers[0], source);
    }
    case 'MemberExpression': {
      const key = keyOf(node.property, node.computed);
      if (node.object.type !== 'ThisExpression') return step(follow(node.object), key);
      const members = membersOfThis(node.object, key).filter((member) => !visited.has(member));
      return firstOf(
        members,
        (member) => follow(member.value ?? member.right, member) ?? clientOfType(member, source),
      );
    }
    case 'SequenceExpression':
      return follow(node.expressions.at(-1));
    case 'ConditionalExpression':
      return oneThatOpens([follow(node.consequent), follow(node.alternate)]);
    case 'LogicalExpression':
      return oneThatOpens([follow(node.left), follow(node.right)]);
    case 'ImportExpression':
      return whole(textOf(node.source));
    case 'AwaitExpression':
      return follow(node.argument);
    case 'NewExpression':
      return made(follow(node.callee));
    case 'CallExpression':
      return isRequire(node.callee, source) ? whole(textOf(node.arguments[0])) : called(node, follow);
    case 'ClassDeclaration':
    case 'ClassExpression':
      return follow(node.superClass);
    case 'ChainExpression':
      return follow(node.expression);
    default:
      return undefined;
  }
}

type Follow = (node: Node | null | undefined) => ModuleValue | undefined;

function valueOfVariable(variable: Scope.Variable, follow: Follow): ModuleValue | undefined {
  const [definition, ...others] = variable.defs;
  if (!definition || others.length > 0) return undefined;
  const node = definition.node as Node;
  switch (definition.type as string) {
    case 'ImportBinding':
      return isTypeImport(definition) ? undefined : imported(definition);
    case 'ClassName':
      return follow(node);
    case 'Variable':
      return assigned(variable, node, follow);
    case 'Parameter':
      return received(variable, node, follow);
    default:
      return undefined;
  }
}

function isTypeImport({ node, parent }: Scope.Definition): boolean {
  return (node as Node).importKind === 'type' || (parent as Node | null)?.importKind === 'type';
}

function imported({ node, parent }: Scope.Definition): ModuleValue | undefined {
  const specifier = node as Node;
  if (specifier.type === 'TSImportEqualsDeclaration')
    return whole(textOf(specifier.moduleReference.expression));
  const all = whole(textOf((parent as Node | null)?.source));
  if (specifier.type === 'ImportNamespaceSpecifier') return all;
  return step(
    all,
    specifier.type === 'ImportDefaultSpecifier' ? 'default' : keyOf(specifier.imported, false),
  );
}

/** Of a variable that gets its value once. */
function assigned(variable: Scope.Variable, declarator: Node, follow: Follow): ModuleValue | undefined {
  const write = onlyWriteOf(variable);
  if (!write) return undefined;
  const pattern = write.init ? declarator.id : write.identifier;
  return taken(follow(write.writeExpr as Node), pattern, variable);
}

/** Of the parameter of a callback of `then`. */
function received(variable: Scope.Variable, callback: Node, follow: Follow): ModuleValue | undefined {
  const call = callback.parent;
  const promise = call?.arguments?.[0] === callback ? promiseOfThen(call) : undefined;
  if (!promise || writesOf(variable).length > 0) return undefined;
  return taken(follow(promise), callback.params[0], variable);
}

function taken(value: ModuleValue | undefined, pattern: Node, { name }: Scope.Variable) {
  return bindingPath(pattern, name)?.reduce<ModuleValue | undefined>(step, value);
}

function called(call: Node, follow: Follow): ModuleValue | undefined {
  if (promiseOfThen(call)) return follow(returnedBy(call.arguments[0]));
  const callee = follow(call.callee);
  return callee && calledClient(callee);
}

function made(callee: ModuleValue | undefined): ModuleValue | undefined {
  return callee && isClientClass(callee) ? clientOf(callee) : undefined;
}

const oneThatOpens = (values: readonly (ModuleValue | null | undefined)[]) =>
  values.find((value) => value && (value.client || opensClients(value))) ?? undefined;

/** Of a variable or a member whose type is written beside it. */
function clientOfType(named: Node | undefined, source: SourceCode) {
  return firstOf(named ? typeNamesOf(named) : [], (name) => {
    const type = typeNamed(name, source);
    return type && isClientType(type) ? clientOf(type) : undefined;
  });
}

function typeNamed(name: Node, source: SourceCode): ModuleValue | undefined {
  if (name.type === 'TSQualifiedName') return step(typeNamed(name.left, source), name.right.name);
  const [definition] = (name.type === 'Identifier' && variableOf(name, source)?.defs) || [];
  return definition?.type === 'ImportBinding' ? imported(definition) : undefined;
}

/** What the first of them leads to that leads anywhere. */
function firstOf(nodes: readonly Node[], look: Follow): ModuleValue | undefined {
  for (const node of nodes) {
    const value = look(node);
    if (value) return value;
  }
  return undefined;
}

export function variableOf(identifier: Node, source: SourceCode): Scope.Variable | undefined {
  let scope: Scope.Scope | null = source.getScope(identifier as Rule.Node);
  for (; scope; scope = scope.upper) {
    const variable = scope.set.get(identifier.name);
    if (variable) return variable;
  }
  return undefined;
}

/** Node's own, or one made by `createRequire`. */
function isRequire(callee: Node, source: SourceCode): boolean {
  if (callee.type !== 'Identifier') return false;
  const variable = variableOf(callee, source);
  const [definition] = variable?.defs ?? [];
  if (!definition) return callee.name === 'require';
  const init = (definition.node as Node).init;
  return init?.type === 'CallExpression' && keyOf(init.callee, false) === 'createRequire';
}

function whole(module: string | undefined): ModuleValue | undefined {
  return module === undefined ? undefined : moduleNamed(module);
}

function step(value: ModuleValue | undefined, key: string | undefined): ModuleValue | undefined {
  return value && key !== undefined ? { ...value, path: [...value.path, key] } : undefined;
}
