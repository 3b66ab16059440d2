import { type ModuleValue, moduleNamed } from './redis-clients.js';
import { isAmbient, keyOf, type Node, namesIn, textOf } from './syntax.js';

/** Something that a file hands on: a value of this file, or one of another module. */
export type Exported = { readonly node: Node } & ({ readonly value: Node } | { readonly of: ModuleValue });

/** Nothing for what is exported as a type. */
export function exportsOf(node: Node): readonly Exported[] {
  if (node.exportKind === 'type' || isAmbient(node.declaration ?? node)) return [];
  switch (node.type) {
    case 'ExportAllDeclaration':
      return [{ node, of: moduleNamed(textOf(node.source) ?? '') }];
    case 'ExportNamedDeclaration':
      return node.declaration ? declared(node.declaration) : node.specifiers.flatMap(specified(node.source));
    case 'ExportDefaultDeclaration':
      return [{ node, value: node.declaration }];
    case 'TSExportAssignment':
      return [{ node, value: node.expression }];
    case 'AssignmentExpression':
      return isCommonJs(node.left) ? [{ node: node.right, value: node.right }] : [];
    default:
      return [];
  }
}

const specified =
  (source: Node | null) =>
  (node: Node): readonly Exported[] => {
    if (node.exportKind === 'type') return [];
    if (!source) return [{ node, value: node.local }];
    const { module, path } = moduleNamed(textOf(source) ?? '');
    return [{ node, of: { module, path: [...path, keyOf(node.local, false) ?? ''] } }];
  };

function declared(declaration: Node): readonly Exported[] {
  if (declaration.type === 'TSImportEqualsDeclaration') return [{ node: declaration, value: declaration.id }];
  if (declaration.type === 'ClassDeclaration') return [{ node: declaration, value: declaration }];
  if (declaration.type !== 'VariableDeclaration') return [];
  const names: readonly Node[] = declaration.declarations.flatMap(({ id }: Node) => namesIn(id));
  return names.map((node) => ({ node, value: node }));
}

/** `exports.x`, `module.exports` and `module.exports.x`. */
function isCommonJs(left: Node): boolean {
  if (left.type !== 'MemberExpression') return false;
  const { object, property, computed } = left;
  if (object.type === 'MemberExpression') return isCommonJs(object);
  return object.name === 'exports' || (object.name === 'module' && keyOf(property, computed) === 'exports');
}
