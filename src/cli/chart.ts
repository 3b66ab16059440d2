import { printable } from './printable.js';

export interface ChartLine {
  readonly label: string;
  /** Red or green. */
  readonly tone: 'bad' | 'good';
  /** y at x = 0, 1, 2, … */
  readonly values: readonly number[];
}

export interface ChartText {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

const width = 880;
const height = 460;
const plot = { left: 76, top: 84, right: 700, bottom: 388 };

/** Light unless the reader's system prefers dark; a browser applies this also inside an <img>. */
const style = `
  .ground { fill: #ffffff } text { fill: #24292f; font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif }
  .title { font-size: 17px; font-weight: 600 } .soft { fill: #57606a } .label { font-weight: 600 }
  .grid { stroke: #d8dee4 } .axis { stroke: #57606a }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
  .line.bad { stroke: #cf222e } .line.good { stroke: #1a7f37 } .label.bad { fill: #cf222e } .label.good { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .grid { stroke: #2a313c } .axis { stroke: #9198a1 }
    .line.bad { stroke: #ff7b72 } .line.good { stroke: #3fb950 } .label.bad { fill: #ff7b72 } .label.good { fill: #3fb950 }
  }
`;

/** A chart of one line or two as a self-contained SVG. */
export function drawChart(text: ChartText, lines: readonly ChartLine[]): string {
  const xTicks = ticksUpTo(Math.max(1, ...lines.map((line) => line.values.length - 1)));
  const yTicks = ticksUpTo(Math.max(1, ...lines.flatMap((line) => line.values)));
  const x = scale(xTicks.at(-1)!, plot.left, plot.right);
  const y = scale(yTicks.at(-1)!, plot.bottom, plot.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${xml(text.title)}</title><desc id="d">${xml(describe(lines))}</desc>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="8"/>`,
    `<text class="title" x="24" y="34">${xml(text.title)}</text>`,
    `<text class="soft" x="24" y="56">${xml(text.subtitle)}</text>`,
    ...yTicks.map((value) => yTick(value, y(value))),
    ...xTicks.map((value) => xTick(value, x(value))),
    `<path class="axis" d="M${plot.left} ${plot.bottom}H${plot.right}"/>`,
    axisLabels(text),
    ...lines.map((line) => drawLine(line, x, y)),
    '</svg>',
    '',
  ].join('\n');
}

type Scale = (value: number) => number;

function scale(highest: number, from: number, to: number): Scale {
  return (value) => Math.round((from + (value / highest) * (to - from)) * 10) / 10;
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

function yTick(value: number, y: number): string {
  const grid = `<path class="grid" d="M${plot.left} ${y}H${plot.right}"/>`;
  return `${grid}<text class="soft" x="${plot.left - 10}" y="${y + 4.5}" text-anchor="end">${value}</text>`;
}

function xTick(value: number, x: number): string {
  const mark = `<path class="axis" d="M${x} ${plot.bottom}v5"/>`;
  return `${mark}<text class="soft" x="${x}" y="${plot.bottom + 21}" text-anchor="middle">${value}</text>`;
}

function axisLabels(text: ChartText): string {
  const middleX = (plot.left + plot.right) / 2;
  const middleY = (plot.top + plot.bottom) / 2;
  return [
    `<text x="${middleX}" y="${plot.bottom + 48}" text-anchor="middle">${xml(text.xLabel)}</text>`,
    `<text transform="translate(26 ${middleY}) rotate(-90)" text-anchor="middle">${xml(text.yLabel)}</text>`,
  ].join('\n');
}

function drawLine(line: ChartLine, x: Scale, y: Scale): string {
  const points = line.values.map((value, call) => `${x(call)} ${y(value)}`);
  const last = line.values.length - 1;
  const end = { x: x(last) + 10, y: y(line.values[last] ?? 0) + 4.5 };
  return [
    `<path class="line ${line.tone}" d="M${points.join('L')}"/>`,
    `<text class="label ${line.tone}" x="${end.x}" y="${end.y}">${xml(line.label)}: ${line.values[last] ?? 0}</text>`,
  ].join('\n');
}

function describe(lines: readonly ChartLine[]): string {
  return lines.map((line) => `${line.label}: from ${line.values[0]} to ${line.values.at(-1)}`).join('; ');
}

function xml(text: string): string {
  return printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
