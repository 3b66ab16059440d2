export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Stands out. */
  readonly own: boolean;
  readonly text: string;
  readonly remark: string;
}

/** Bars of one scale. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface BarChartText {
  readonly title: string;
  readonly subtitle: string;
}

const width = 880;
const top = 84;
const rowHeight = 24;
const barHeight = 15;
const panelHead = 34;
const panelGap = 14;
const margin = 24;
/** Of the text at the end of a bar, and of the remark behind it. */
const textWidth = 80;
const remarkWidth = 140;
/** Of one character; charts have no way to ask. */
const characterWidth = 7.6;

/** Light unless the reader's system prefers dark; a browser applies this also inside an <img>. */
const style = `
  .ground { fill: #ffffff } text { fill: #24292f; font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif }
  .title { font-size: 17px; font-weight: 600 } .soft { fill: #57606a } .panel { font-weight: 600 }
  .axis { stroke: #d8dee4 } .range { stroke: #24292f; stroke-width: 1.5; opacity: .55 }
  .peer { fill: #afb8c1 } .ours { fill: #1a7f37 } .strong { fill: #1a7f37; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .axis { stroke: #2a313c } .range { stroke: #e6edf3 } .peer { fill: #484f58 }
    .ours { fill: #2ea043 } .strong { fill: #3fb950 }
  }
`;

/** Panels of horizontal bars below each other, as a self-contained SVG. */
export function drawBars(text: BarChartText, panels: readonly Panel[]): string {
  const columns = columnsFor(panels.flatMap(({ bars }) => bars));
  let y = top;
  const drawn = panels.map((panel) => {
    const lines = drawPanel(panel, y, columns);
    y += panelHead + panel.bars.length * rowHeight + panelGap;
    return lines;
  });
  const height = y + 6;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${xml(text.title)}</title><desc id="d">${xml(describe(panels))}</desc>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="8"/>`,
    `<text class="title" x="24" y="34">${xml(text.title)}</text>`,
    `<text class="soft" x="24" y="56">${xml(text.subtitle)}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

interface Columns {
  readonly left: number;
  readonly right: number;
}

/** Where bars begin and end: beside the longest label, before the remarks if there are any. */
function columnsFor(bars: readonly Bar[]): Columns {
  const longest = Math.max(...bars.map(({ label }) => label.length));
  const left = Math.round(Math.min(width / 2, margin + 10 + longest * characterWidth));
  const remarked = bars.some(({ remark }) => remark !== '');
  return { left, right: width - margin - textWidth - (remarked ? remarkWidth : 0) };
}

function drawPanel({ title, bars }: Panel, y: number, { left, right }: Columns): string {
  const highest = Math.max(...bars.map(({ max }) => max), Number.MIN_VALUE);
  const scale = (value: number) => {
    const share = Math.max(0, value) / highest;
    return Math.round((left + share * (right - left)) * 10) / 10;
  };
  const rows = bars.map((each, index) => drawBar(each, y + panelHead + index * rowHeight - 12, left, scale));
  const bottom = y + panelHead + bars.length * rowHeight - 16;
  return [
    `<text class="panel" x="24" y="${y + 10}">${xml(title)}</text>`,
    `<path class="axis" d="M${left} ${y + 18}V${bottom}"/>`,
    ...rows,
  ].join('\n');
}

function drawBar(each: Bar, y: number, left: number, scale: (value: number) => number): string {
  const end = scale(each.value);
  const middle = y + barHeight / 2;
  const range = each.max > each.min ? `M${scale(each.min)} ${middle}H${scale(each.max)}` : '';
  const textX = Math.max(end, scale(each.max)) + 8;
  return [
    `<text class="${each.own ? 'strong' : ''}" x="${left - 10}" y="${y + 12}" text-anchor="end">${xml(each.label)}</text>`,
    `<rect class="${each.own ? 'ours' : 'peer'}" x="${left}" y="${y}" width="${Math.max(1, end - left).toFixed(1)}" height="${barHeight}" rx="2"/>`,
    range && `<path class="range" d="${range}"/>`,
    `<text class="${each.own ? 'strong' : ''}" x="${textX}" y="${y + 12}">${xml(each.text)}</text>`,
    each.remark &&
      `<text class="soft" x="${width - margin}" y="${y + 12}" text-anchor="end">${xml(each.remark)}</text>`,
  ]
    .filter(Boolean)
    .join('\n');
}

function describe(panels: readonly Panel[]): string {
  return panels
    .map(({ title, bars }) => `${title}: ${bars.map(({ label, text }) => `${label} ${text}`).join(', ')}`)
    .join('; ');
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
