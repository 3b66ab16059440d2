import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type TypeScript from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface TypeCheck {
  /** Text by absolute path; the files need not exist. What they import is read from disk. */
  readonly files: ReadonlyMap<string, string>;
  /** Where a bare import leads instead, by absolute path. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Check the declarations of dependencies too. */
  readonly libraries?: boolean;
}

/** What the given compiler has to say, one `file(line): code message` each, under the options of this repository. */
export function typeCheck(typescript: typeof TypeScript, { files, paths, libraries }: TypeCheck): string[] {
  const ts = typescript;
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root);
  const mapped = Object.entries(paths ?? {}).map(([name, path]) => [name, [path]]);
  options.paths = { ...options.paths, ...Object.fromEntries(mapped) };
  options.skipLibCheck = !libraries;
  options.noUnusedLocals = false;
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, code, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    const place = file ? `${relative(root, file.fileName)}(${line})` : 'options(0)';
    return `${place}: TS${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
