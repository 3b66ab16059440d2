import type { Rule, Scope } from 'eslint';
import type { ModuleValue } from './redis-clients.js';
import { bindingPath, keyOf, type Node, textOf } from './syntax.js';

type SourceCode = Rule.RuleContext['sourceCode'];

/** Which value of which module an expression stands for, as far as the file tells. */
export function moduleValueOf(
  node: Node,
  source: SourceCode,
  visited: ReadonlySet<Scope.Variable> = new Set(),
): ModuleValue | undefined {
  const follow = (next: Node | null | undefined, seen = visited) => next && moduleValueOf(next, source, seen);
  switch (node.type) {
    case 'Identifier': {
      const variable = variableOf(node, source);
      if (!variable || visited.has(variable)) return undefined;
      return valueOfVariable(variable, (next) => follow(next, new Set([...visited, variable])));
    }
    case 'MemberExpression':
      return step(follow(node.object), keyOf(node.property, node.computed));
    case 'AwaitExpression':
      return node.argument.type === 'ImportExpression' ? whole(textOf(node.argument.source)) : undefined;
    case 'CallExpression':
      return isRequire(node.callee, source) ? whole(textOf(node.arguments[0])) : undefined;
    case 'ChainExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
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
      return imported(node, definition.parent as Node | null);
    case 'ClassName':
      return follow(node.superClass);
    case 'Variable':
      return assigned(variable, node, follow);
    default:
      return undefined;
  }
}

function imported(specifier: Node, declaration: Node | null): ModuleValue | undefined {
  if (specifier.type === 'TSImportEqualsDeclaration')
    return specifier.importKind === 'type' ? undefined : whole(textOf(specifier.moduleReference.expression));
  if (specifier.importKind === 'type' || declaration?.importKind === 'type') return undefined;
  const all = whole(textOf(declaration?.source));
  if (specifier.type === 'ImportNamespaceSpecifier') return all;
  return step(
    all,
    specifier.type === 'ImportDefaultSpecifier' ? 'default' : keyOf(specifier.imported, false),
  );
}

/** Of a variable that gets its value once. */
function assigned(variable: Scope.Variable, declarator: Node, follow: Follow): ModuleValue | undefined {
  const [write, ...others] = variable.references.filter((reference) => reference.isWrite());
  if (!write || others.length > 0) return undefined;
  const value = follow(write.writeExpr as Node);
  const pattern = write.init ? declarator.id : write.identifier;
  return bindingPath(pattern, variable.name)?.reduce<ModuleValue | undefined>(step, value);
}

function variableOf(identifier: Node, source: SourceCode): Scope.Variable | undefined {
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
  const made = (definition.node as Node).init;
  return made?.type === 'CallExpression' && keyOf(made.callee, false) === 'createRequire';
}

function whole(module: string | undefined): ModuleValue | undefined {
  return module === undefined ? undefined : { module, path: [] };
}

function step(value: ModuleValue | undefined, key: string | undefined): ModuleValue | undefined {
  return value && key !== undefined ? { module: value.module, path: [...value.path, key] } : undefined;
}
