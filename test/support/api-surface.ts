import ts from 'typescript';

type Declarations = ReadonlyMap<string, readonly ts.Declaration[]>;

/** The declarations of what a module of the package exports, by name, and of what is mentioned in them. */
export class Surface {
  readonly exported: Declarations;
  readonly #checker: ts.TypeChecker;
  readonly #root: string;

  /** Of a source or of published declarations; `root` is the folder whose files belong to the package. */
  constructor(entry: string, root: string, options: ts.CompilerOptions) {
    const program = ts.createProgram([entry], { ...options, noEmit: true, skipLibCheck: true });
    this.#checker = program.getTypeChecker();
    this.#root = root;
    const module = this.#checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile);
    const symbols = this.#checker.getExportsOfModule(module as ts.Symbol);
    this.exported = new Map(symbols.map((symbol) => [symbol.name, this.#declarationsOf(symbol)]));
  }

  /** What is not exported, but visible through what is. */
  mentioned(): Declarations {
    const seen = new Set([...this.exported.values()].flat());
    const found = new Map<string, readonly ts.Declaration[]>();
    const visit = (node: ts.Node): void => {
      const symbol = ts.isIdentifier(node) ? this.#checker.getSymbolAtLocation(node) : undefined;
      const declarations = symbol ? this.#declarationsOf(symbol) : [];
      for (const declaration of declarations) {
        if (seen.has(declaration)) continue;
        seen.add(declaration);
        found.set((symbol as ts.Symbol).name, declarations);
        visit(declaration);
      }
      ts.forEachChild(node, visit);
    };
    for (const declarations of this.exported.values()) declarations.forEach(visit);
    return found;
  }

  /** Those at the top of a module of the package. */
  #declarationsOf(symbol: ts.Symbol): ts.Declaration[] {
    const isAlias = symbol.flags & ts.SymbolFlags.Alias;
    const { declarations = [] } = isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    return declarations.filter((declaration) => {
      const { parent } = statementOf(declaration);
      return parent && ts.isSourceFile(parent) && parent.fileName.startsWith(this.#root);
    });
  }
}

function statementOf(declaration: ts.Node): ts.Node {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

/** The statement of a declaration, without its comments. */
export function print(declaration: ts.Declaration): string {
  const node = statementOf(declaration);
  return ts
    .createPrinter({ removeComments: true })
    .printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile())
    .replace(/^(export )?declare /, '$1');
}

/** True where a doc comment says something, tags aside. */
export function isDocumented(declaration: ts.Node): boolean {
  return ts
    .getJSDocCommentsAndTags(statementOf(declaration))
    .some((doc) => ts.isJSDoc(doc) && doc.comment !== undefined);
}
