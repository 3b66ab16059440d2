import { describe, expect, it } from 'vitest';
import { drawChart } from '../../../src/cli/chart.js';
import { formatClients, reportClients } from '../../../src/cli/client-groups.js';
import { printable, printableJson, printableLines } from '../../../src/cli/printable.js';

describe('what comes from elsewhere', () => {
  it.each([
    ['cart ü 世界 😀', 'cart ü 世界 😀'],
    ['\u001b[31mred\u001b]0;title\u0007', '\\u{1b}[31mred\\u{1b}]0;title\\u{7}'],
    ['one\ntwo\r\tthree', 'one\\ntwo\\r\\tthree'],
    ['\u009bred', '\\u{9b}red'],
    ['txt.\u202Eexe', 'txt.\\u{202e}exe'],
    ['\uD800 half', '\\u{d800} half'],
    ['\u2028\uFFFE', '\\u{2028}\\u{fffe}'],
  ])('is printed as it can be seen: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('is JSON that reads back the same', () => {
    const data = { name: '\u001b[31m\u009bred\u202E\u{E0001}\n', list: ['😀'] };
    for (const indent of [0, 2]) {
      const text = printableJson(data, indent);
      expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
      expect(JSON.parse(text)).toEqual(data);
    }
  });

  it('keeps its lines where it has some', () => {
    expect(printableLines('one\ntwo\u001b')).toBe('one\ntwo\\u{1b}');
  });

  it('reaches no chart and no table as it is', () => {
    const label = '\u001b[31mred\u0000';
    const text = { title: label, subtitle: label, xLabel: label, yLabel: label };
    const chart = drawChart(text, [{ label, tone: 'bad', values: [0, 1] }]);
    const list = `id=1 addr=\u001b[2J:50412 name=${label} age=1 idle=1 cmd=get\n`;
    for (const output of [chart, formatClients(reportClients(list, 2, 10))]) {
      expect(output).toContain('\\u{1b}[31mred\\u{0}');
      expect(output).not.toMatch(/[^\P{Cc}\n]/u);
    }
  });
});
