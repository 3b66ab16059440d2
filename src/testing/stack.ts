/** Frames below the call of the checked function are the kit's own, or of whoever called it. */
const BOUNDARY = 'callCheckedFunction';

const MOST_FRAMES = 8;

/** No line that somebody has written is as long as those of a bundle. */
const LONGEST_LINE = 500;

const isFrame = (line: string) => line.startsWith('at ');
const hasPlace = (line: string) => /:\d+:\d+\)?$/.test(line);
/** Deno's own begin with `ext:`. */
const isNode = (line: string) => /(\(|at (async )?)(node|ext|native):/.test(line);
const isDependency = (line: string) => /[\\/]node_modules[\\/]/.test(line);

/**
 * The text of a stack, read for the first time: that is when V8 asks `Error.prepareStackTrace`, which a service may have
 * replaced for good, by one that answers with something else than text (the list of its call sites, most often).
 */
export function readStack(trace: { readonly stack: unknown }): string {
  const theirs = Error.prepareStackTrace;
  if (theirs) Error.prepareStackTrace = (error, sites) => asText(() => theirs(error, sites), sites);
  try {
    return String(trace.stack);
  } finally {
    if (theirs) Error.prepareStackTrace = theirs;
  }
}

function asText(theirs: () => unknown, sites: readonly NodeJS.CallSite[]): string {
  try {
    const text = theirs();
    if (typeof text === 'string' && text.split('\n').some((line) => isFrame(line.trim()))) return text;
  } catch {
    // Theirs expects an error that is no plain object.
  }
  return sites.map((site) => `    at ${site}`).join('\n');
}

/** The frames of a stack that say something: none of Node, none of the kit. */
export function framesOf(stack: string): string[] {
  const frames = stack
    .split('\n')
    .map((line) => line.trim())
    .filter(isFrame);
  const end = frames.findIndex((line) => line.includes(BOUNDARY));
  return frames.slice(0, end < 0 ? undefined : end).filter((line) => hasPlace(line) && !isNode(line));
}

/** The frames that the reader can change: those outside of `node_modules`. */
export function ownFrames(frames: readonly string[]): string[] {
  return frames.filter((line) => !isDependency(line));
}

export function toText(frames: readonly string[]): string {
  return frames
    .slice(0, MOST_FRAMES)
    .map((line) => line.replace('file://', ''))
    .join('\n');
}

/** Whether its places are those of a bundle, which tell a reader nothing. */
export function isMinified(stack: string): boolean {
  const column = /:(\d+)\)?$/m.exec(stack.split('\n')[0]!)?.[1];
  return Number(column) > LONGEST_LINE;
}
