/** Lines and columns from 0. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Mapping {
  readonly generated: Place;
  /** Its place in the list of sources. */
  readonly source: number;
  readonly original: Place;
}

/** The field `mappings` of a source map: lines by `;`, places by `,`, each number less the one before it. */
export function writeMappings(mappings: readonly Mapping[]): string {
  const lines: string[] = [];
  const before = { source: 0, line: 0, column: 0 };
  for (let line = 0; line <= Math.max(...mappings.map(({ generated }) => generated.line)); line += 1) {
    const onLine = mappings.filter(({ generated }) => generated.line === line);
    let column = 0;
    const segments = onLine
      .sort((a, b) => a.generated.column - b.generated.column)
      .map(({ generated, source, original }) => {
        const numbers = [
          generated.column - column,
          source - before.source,
          original.line - before.line,
          original.column - before.column,
        ];
        column = generated.column;
        Object.assign(before, { source, ...original });
        return numbers.map(variableLength).join('');
      });
    lines.push(segments.join(','));
  }
  return lines.join(';');
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base 64, five bits at a time from the lowest on, the sign first. */
function variableLength(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const more = rest > 31;
    text += digits[(rest & 31) | (more ? 32 : 0)];
    rest >>>= 5;
  } while (rest > 0);
  return text;
}
