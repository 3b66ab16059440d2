import type { Logger } from '../../../src/dashboard/index.js';
import type { Observer, ReleaseEvent } from '../../../src/index.js';

type Line = readonly [level: keyof Logger, message: string];

export interface Recorder {
  readonly lines: Line[];
  readonly releases: Pick<ReleaseEvent, 'label' | 'disposition' | 'reason'>[];
  readonly logger: Logger;
  readonly observer: Observer;
  /** Called with each line as it is logged. */
  onLine: (message: string) => void;
}

/** Writes down what a reading logs, and what an instance says of the connections that come back. */
export function createRecorder(): Recorder {
  const write = (level: keyof Logger) => (message: string) => {
    recorder.lines.push([level, message]);
    recorder.onLine(message);
  };
  const recorder: Recorder = {
    lines: [],
    releases: [],
    logger: { info: write('info'), warn: write('warn'), error: write('error') },
    observer: {
      onRelease: ({ label, disposition, reason }) => recorder.releases.push({ label, disposition, reason }),
    },
    onLine: () => undefined,
  };
  return recorder;
}
