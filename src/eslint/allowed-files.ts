/**
 * Whether a file is one of those that may open connections. A pattern without wildcards is the end of a path, or, with a
 * slash at its end, a folder anywhere in it; `*`, `?`, `**` and `{a,b}` are those of globs, also from any folder on. A
 * brace without its other half, and a comma outside of braces, stand for themselves.
 */
export function isAllowed(file: string, patterns: readonly string[]): boolean {
  const path = `/${file.replaceAll('\\', '/')}`;
  return patterns.some((pattern) => toExpression(pattern).test(path));
}

function toExpression(pattern: string): RegExp {
  const relative = pattern.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');
  const end = relative.endsWith('/') ? '' : '$';
  return new RegExp(`/${withGroups(relative).replace(TOKENS, translate)}${end}`);
}

/** Braces that belong together, from within, and the commas between them, as characters that no name has. */
function withGroups(pattern: string): string {
  const grouped = pattern.replace(
    /\{([^{}]*)\}/g,
    (_, inside: string) => `\uE000${inside.replaceAll(',', '\uE001')}\uE002`,
  );
  return grouped === pattern ? pattern : withGroups(grouped);
}

const TOKENS = /\*\*\/|\*\*|[*?\uE000-\uE002]|[.+^$(){}|[\]]/g;

const meanings: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
  '\uE000': '(?:',
  '\uE001': '|',
  '\uE002': ')',
};

const translate = (token: string) => meanings[token] ?? `\\${token}`;
