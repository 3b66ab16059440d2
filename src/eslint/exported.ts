import type { ModuleValue } from './redis-clients.js';
import { keyOf, type Node, namesIn, textOf } from './syntax.js';

/** Something that a file hands on: a value of this file, or one of another module. */
export type Exported = { readonly node: Node } & ({ readonly value: Node } | { readonly of: ModuleValue });

/** Nothing for what is exported as a type. */
export function exportsOf(node: Node): readonly Exported[] {
  if (node.exportKind === 'type') return [];
  switch (node.type) {
    case 'ExportAllDeclaration':
      return [{ node, of: { module: textOf(node.source) ?? '', path: [] } }];
    case 'ExportNamedDeclaration':
      return node.declaration ? declared(node.declaration) : node.specifiers.flatMap(specified(node.source));
    case 'ExportDefaultDeclaration':
      return [{ node, value: node.declaration }];
    case 'TSExportAssignment':
      return [{ node, value: node.expression }];
    case 'AssignmentExpression':
      return isCommonJs(node.left) ? assigned(node.right) : [];
    default:
      return [];
  }
}

const specified =
  (source: Node | null) =>
  (node: Node): readonly Exported[] => {
    if (node.exportKind === 'type') return [];
    if (!source) return [{ node, value: node.local }];
    return [{ node, of: { module: textOf(source) ?? '', path: [keyOf(node.local, false) ?? ''] } }];
  };

function declared(declaration: Node): readonly Exported[] {
  if (declaration.type === 'ClassDeclaration') return [{ node: declaration, value: declaration }];
  if (declaration.type !== 'VariableDeclaration') return [];
  const names: readonly Node[] = declaration.declarations.flatMap(({ id }: Node) => namesIn(id));
  return names.map((node) => ({ node, value: node }));
}

/** The value, or those of an object that is written there. */
function assigned(value: Node): readonly Exported[] {
  if (value.type !== 'ObjectExpression') return [{ node: value, value }];
  return value.properties.map((node: Node) => ({ node, value: node.value ?? node.argument }));
}

/** `exports.x`, `module.exports` and `module.exports.x`. */
function isCommonJs(left: Node): boolean {
  if (left.type !== 'MemberExpression') return false;
  const { object, property, computed } = left;
  if (object.type === 'MemberExpression') return isCommonJs(object);
  return object.name === 'exports' || (object.name === 'module' && keyOf(property, computed) === 'exports');
}
