/** Frames below the call of the checked function are the kit's own, or of whoever called it. */
const BOUNDARY = 'callCheckedFunction';

const MOST_FRAMES = 8;

const isFrame = (line: string) => line.startsWith('at ');
const hasPlace = (line: string) => /:\d+:\d+\)?$/.test(line);
const isNode = (line: string) => /(\(|at (async )?)node:/.test(line);
const isDependency = (line: string) => /[\\/]node_modules[\\/]/.test(line);

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
