/**
 * What comes from a server, from data or from the reader's code, as a terminal or an SVG may have it: one line, no escape
 * sequences, nothing that turns the direction of what follows, no half of a character.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => ESCAPES[character] ?? codeOf(character));
}

/** The same, line by line: for stacks. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON escapes what is below a space; the rest is escaped as JSON has it, so that it reads back the same. */
export function printableJson(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).split('\n').map(escapeInJson).join('\n');
}

function escapeInJson(line: string): string {
  return line.replace(UNPRINTABLE, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Control and format characters, separators of lines, surrogates without their other half, and what XML does not know. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\uFFFE\uFFFF]/gu;

function codeOf(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
