import { highestOf } from './plot.js';
import { printable } from './printable.js';

export interface ChartLine {
  readonly label: string;
  /** Red, green or grey. */
  readonly tone: 'bad' | 'good' | 'open';
  /** y at x = `from`, and at each whole number after it. */
  readonly values: readonly number[];
  /** 0 unless given. */
  readonly from?: number;
  /** Where it comes to rest after the last value, if it is not there already. */
  readonly rest?: number;
}

export interface ChartText {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** What happens where x is 0, if it needs a line of its own. */
  readonly mark?: string;
}

const width = 880;
const height = 460;
const margin = 24;
const plot = { left: 76, top: 96, bottom: 388 };
/** Of one character, there is no way to ask: of a label, of the title, of the text below it. */
const characters = { label: 8.6, title: 10.6, soft: 7.6 };

/** Light unless the reader's system prefers dark; a browser applies this also inside an <img>. */
const style = `
  .ground { fill: #ffffff } text { fill: #24292f; font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif }
  .title { font-size: 17px; font-weight: 600 } .soft { fill: #57606a } .label { font-weight: 600 }
  .grid { stroke: #d8dee4 } .axis { stroke: #57606a } .mark { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 5 4 }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
  .line.bad { stroke: #cf222e } .line.good { stroke: #1a7f37 } .line.open { stroke: #57606a }
  .label.bad { fill: #cf222e } .label.good { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .grid { stroke: #2a313c } .axis, .mark { stroke: #9198a1 }
    .line.bad { stroke: #ff7b72 } .line.good { stroke: #3fb950 } .line.open { stroke: #9198a1 }
    .label.bad { fill: #ff7b72 } .label.good { fill: #3fb950 }
  }
`;

/** A chart of one line or two as a self-contained SVG. */
export function drawChart(text: ChartText, lines: readonly ChartLine[]): string {
  const xTicks = ticksUpTo(Math.max(1, ...lines.map(lastX)));
  const yTicks = ticksUpTo(
    highestOf(
      lines.flatMap((line) => line.values),
      1,
    ),
  );
  const first = Math.min(0, ...lines.map(({ from = 0 }) => from));
  const right =
    width - margin - 10 - Math.max(...lines.map((line) => labelOf(line).length)) * characters.label;
  const x = scale(first, xTicks.at(-1)!, plot.left, right);
  const y = scale(0, yTicks.at(-1)!, plot.bottom, plot.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${xml(text.title)}</title><desc id="d">${xml(describe(lines))}</desc>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="8"/>`,
    `<text class="title" x="${margin}" y="34">${xml(fitted(text.title, characters.title))}</text>`,
    `<text class="soft" x="${margin}" y="56">${xml(fitted(text.subtitle, characters.soft))}</text>`,
    ...yTicks.map((value) => yTick(value, y(value), right)),
    ...xTicks.map((value) => xTick(value, x(value))),
    `<path class="axis" d="M${plot.left} ${plot.bottom}H${right}"/>`,
    axisLabels(text, right),
    ...(text.mark === undefined ? [] : [drawMark(text.mark, x(0))]),
    ...lines.map((line) => drawLine(line, x, y)),
    '</svg>',
    '',
  ].join('\n');
}

type Scale = (value: number) => number;

function scale(lowest: number, highest: number, from: number, to: number): Scale {
  return (value) => Math.round((from + ((value - lowest) / (highest - lowest)) * (to - from)) * 10) / 10;
}

/** From 0 to the first round number not below `highest`, in 4 to 8 steps of 1, 2 or 5 times a power of ten. */
function ticksUpTo(highest: number): number[] {
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((factor) => factor * power).find((size) => highest / size <= 8)!,
  );
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => index * step);
}

function yTick(value: number, y: number, right: number): string {
  const grid = `<path class="grid" d="M${plot.left} ${y}H${right}"/>`;
  return `${grid}<text class="soft" x="${plot.left - 10}" y="${y + 4.5}" text-anchor="end">${value}</text>`;
}

function xTick(value: number, x: number): string {
  const mark = `<path class="axis" d="M${x} ${plot.bottom}v5"/>`;
  return `${mark}<text class="soft" x="${x}" y="${plot.bottom + 21}" text-anchor="middle">${value}</text>`;
}

function axisLabels(text: ChartText, right: number): string {
  const middleX = (plot.left + right) / 2;
  const middleY = (plot.top + plot.bottom) / 2;
  return [
    `<text x="${middleX}" y="${plot.bottom + 48}" text-anchor="middle">${xml(text.xLabel)}</text>`,
    `<text transform="translate(26 ${middleY}) rotate(-90)" text-anchor="middle">${xml(text.yLabel)}</text>`,
  ].join('\n');
}

function drawLine(line: ChartLine, x: Scale, y: Scale): string {
  const points = line.values.map((value, index) => `${x((line.from ?? 0) + index)} ${y(value)}`);
  if (line.rest !== undefined) points.push(`${x(lastX(line))} ${y(line.rest)}`);
  const end = { x: x(lastX(line)) + 10, y: y(lastValue(line)) + 4.5 };
  return [
    `<path class="line ${line.tone}" d="M${points.join('L')}"/>`,
    `<text class="label ${line.tone}" x="${end.x}" y="${end.y}">${xml(labelOf(line))}</text>`,
  ].join('\n');
}

/** A line from top to bottom; its text stands above the plot, where no value can be. */
function drawMark(text: string, x: number): string {
  return [
    `<path class="mark" d="M${x} ${plot.top - 4}V${plot.bottom}"/>`,
    `<text class="soft" x="${x}" y="${plot.top - 10}">${xml(text)}</text>`,
  ].join('\n');
}

function lastX({ values, from = 0 }: ChartLine): number {
  return from + values.length - 1;
}

function lastValue({ values, rest }: ChartLine): number {
  return rest ?? values.at(-1) ?? 0;
}

function labelOf(line: ChartLine): string {
  return `${line.label}: ${lastValue(line)}`;
}

/** As much as the picture has room for. */
function fitted(text: string, character: number): string {
  const room = Math.floor((width - 2 * margin) / character);
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

function describe(lines: readonly ChartLine[]): string {
  return lines.map((line) => `${line.label}: from ${line.values[0]} to ${lastValue(line)}`).join('; ');
}

function xml(text: string): string {
  return printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
