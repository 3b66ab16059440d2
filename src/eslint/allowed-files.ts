/**
 * Whether a file is one of those that may open connections. A pattern without wildcards is the end of a path, or, with a
 * slash at its end, a folder anywhere in it; `*`, `?`, `**` and `{a,b}` are those of globs, also from any folder on.
 */
export function isAllowed(file: string, patterns: readonly string[]): boolean {
  const path = `/${file.replaceAll('\\', '/')}`;
  return patterns.some((pattern) => toExpression(pattern).test(path));
}

function toExpression(pattern: string): RegExp {
  const relative = pattern.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');
  const end = relative.endsWith('/') ? '' : '$';
  return new RegExp(`/${relative.replace(/\*\*\/|\*\*|[*?{},]|[.+^$()|[\]]/g, translate)}${end}`);
}

const meanings: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
  '{': '(?:',
  ',': '|',
  '}': ')',
};

const translate = (token: string) => meanings[token] ?? `\\${token}`;
