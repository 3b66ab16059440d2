import type { Scope } from 'eslint';
import type { Node } from './syntax.js';

/** Of a variable that gets its value once. */
export function onlyWriteOf(variable: Scope.Variable): Scope.Reference | undefined {
  const [write, ...others] = writesOf(variable);
  return others.length > 0 ? undefined : write;
}

/** Without defaults, which are for where nothing comes. */
export function writesOf({ references }: Scope.Variable): readonly Scope.Reference[] {
  const isDefault = ({ writeExpr }: Scope.Reference) =>
    (writeExpr as Node)?.parent?.type === 'AssignmentPattern';
  return references.filter((reference) => reference.isWrite() && !isDefault(reference));
}
