import { count } from '../testing/description.js';
import type { LeakProgress } from '../testing/index.js';
import { type Output, paint, redrawsOn } from './terminal.js';

export interface Progress {
  update(progress: LeakProgress): void;
  /** Leaves the terminal as it was. */
  end(): void;
  /** How far it came, in brackets; nothing where it has not begun. */
  tell(): string;
}

const barWidth = 30;
const frameMs = 33;

/** A bar redrawn in place on a terminal; into a pipe, a file or a CI log, a line for each quarter of the calls. */
export function createProgress(output: Output): Progress {
  const drawing = redrawsOn(output) ? createBar(output) : createLines(output);
  let last: LeakProgress | undefined;
  return {
    update(progress) {
      if (last && progress.calls > last.calls) {
        drawing.end();
        output.write(`${count(last.calls, 'call')} left a doubt: more are made, ${progress.calls} in all\n`);
      }
      last = progress;
      drawing.update(progress);
    },
    end: drawing.end,
    tell: () =>
      last ? ` (${last.done} of ${count(last.calls, 'call')}, ${count(last.open, 'connection')} open)` : '',
  };
}

type Drawing = Pick<Progress, 'update' | 'end'>;

function createBar(output: Output): Drawing {
  let drawnAt = 0;
  const clear = () => {
    output.cursorTo(0);
    output.clearLine(0);
  };
  return {
    update(progress) {
      if (Date.now() - drawnAt < frameMs && progress.done < progress.calls) return;
      drawnAt = Date.now();
      const { done, calls, open } = progress;
      const filled = Math.round((done / calls) * barWidth);
      const bar =
        paint(output, 'green', '█'.repeat(filled)) + paint(output, 'dim', '░'.repeat(barWidth - filled));
      clear();
      output.write(`${bar} ${done}/${count(calls, 'call')}, ${open} open`);
    },
    end: clear,
  };
}

function createLines(output: Output): Drawing {
  return {
    update({ done, calls, open }) {
      const quarter = Math.max(1, Math.ceil(calls / 4));
      if (done % quarter === 0 || done === calls)
        output.write(`${done}/${count(calls, 'call')}, ${open} open\n`);
    },
    end: () => undefined,
  };
}
