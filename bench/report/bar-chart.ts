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
  /** Beside the title. */
  readonly note: string;
  readonly bars: readonly Bar[];
}

export interface BarChartText {
  readonly title: string;
  /** Below the title, each on lines of its own. */
  readonly notes: readonly string[];
}

const width = 880;
const titleLine = 24;
const noteLine = 19;
const rowHeight = 24;
const barHeight = 15;
const panelHead = 34;
const panelGap = 14;
const margin = 24;
/** Of the text at the end of a bar, and of the remark behind it. */
const textWidth = 80;
const remarkWidth = 160;
/** Of one character; charts have no way to ask. */
const characterWidth = 7.6;
/** What fits into a line of the title, and of the notes. */
const titleLength = 80;
const noteLength = 108;
const labelLength = 52;

/** Light unless the reader's system prefers dark; a browser applies this also inside an <img>. */
const style = `
  .ground { fill: #ffffff } text { fill: #24292f; font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif }
  .title { font-size: 17px; font-weight: 600 } .soft { fill: #57606a } .panel { font-weight: 600 }
  .axis { stroke: #d8dee4 } .range { stroke: #24292f; stroke-width: 1.5 } .halo { stroke: #ffffff; stroke-width: 4 }
  .peer { fill: #8c959f } .ours { fill: #1a7f37 } .strong { fill: #1a7f37; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .axis { stroke: #2a313c } .range { stroke: #e6edf3 } .halo { stroke: #0d1117 } .peer { fill: #6e7681 }
    .ours { fill: #2ea043 } .strong { fill: #3fb950 }
  }
`;

/** Panels of horizontal bars below each other, as a self-contained SVG. */
export function drawBars(text: BarChartText, panels: readonly Panel[]): string {
  const columns = columnsFor(panels.flatMap(({ bars }) => bars));
  const { lines, bottom } = head(text);
  let y = bottom;
  const drawn = panels.map((panel) => {
    const lines = drawPanel(panel, y, columns);
    y += panelHead + panel.bars.length * rowHeight + panelGap;
    return lines;
  });
  const height = y + 6;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${xml(text.title)}</title><desc id="d">${xml(describe(panels))}</desc>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="8"/>`,
    ...lines,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

/** The title and the notes, and where they end. */
function head({ title, notes }: BarChartText): {
  readonly lines: readonly string[];
  readonly bottom: number;
} {
  let y = 34 - titleLine;
  const titles = wrap(title, titleLength).map((line) => {
    y += titleLine;
    return `<text class="title" x="24" y="${y}">${xml(line)}</text>`;
  });
  y += 3;
  const soft = notes
    .flatMap((note) => wrap(note, noteLength))
    .map((line) => {
      y += noteLine;
      return `<text class="soft" x="24" y="${y}">${xml(line)}</text>`;
    });
  return { lines: [...titles, ...soft], bottom: y + 28 };
}

function shortened(label: string): string {
  return label.length <= labelLength ? label : `${label.slice(0, labelLength - 1)}…`;
}

/** As few lines as hold it, and those about as long as each other: no word stands alone. */
function wrap(text: string, most: number): string[] {
  const { length } = broken(text, most);
  for (let room = Math.ceil(text.length / length); room < most; room += 1) {
    const lines = broken(text, room);
    if (lines.length === length) return lines;
  }
  return broken(text, most);
}

/** Lines of whole words. */
function broken(text: string, length: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= length) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

interface Columns {
  readonly left: number;
  readonly right: number;
}

/** Where bars begin and end: beside the longest label, before the remarks if there are any. */
function columnsFor(bars: readonly Bar[]): Columns {
  const longest = Math.max(...bars.map(({ label }) => shortened(label).length));
  const left = Math.round(Math.min(width / 2, margin + 10 + longest * characterWidth));
  const remarked = bars.some(({ remark }) => remark !== '');
  return { left, right: width - margin - textWidth - (remarked ? remarkWidth : 0) };
}

function drawPanel({ title, note, bars }: Panel, y: number, { left, right }: Columns): string {
  const highest = Math.max(...bars.map(({ max }) => max), Number.MIN_VALUE);
  const scale = (value: number) => {
    const share = Math.max(0, value) / highest;
    return Math.round((left + share * (right - left)) * 10) / 10;
  };
  const rows = bars.map((each, index) => drawBar(each, y + panelHead + index * rowHeight - 12, left, scale));
  const bottom = y + panelHead + bars.length * rowHeight - 16;
  return [
    `<text x="24" y="${y + 10}"><tspan class="panel">${xml(title)}</tspan><tspan class="soft" dx="10">${xml(note)}</tspan></text>`,
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
    `<text class="${each.own ? 'strong' : ''}" x="${left - 10}" y="${y + 12}" text-anchor="end">${xml(shortened(each.label))}</text>`,
    `<rect class="${each.own ? 'ours' : 'peer'}" x="${left}" y="${y}" width="${Math.max(1, end - left).toFixed(1)}" height="${barHeight}" rx="2"/>`,
    range && `<path class="halo" d="${range}"/><path class="range" d="${range}"/>`,
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
