import { redrawsOn } from '../src/cli/terminal.js';

export interface Progress {
  /** What is going on now. */
  show(scenario: string, stage: string, detail: string): void;
  /** A line that stays. */
  say(text: string): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** One line rewritten in place on a terminal; a line for each stage into a pipe, a file, a CI log. */
export function createProgress(output: NodeJS.WriteStream): Progress {
  return redrawsOn(output) ? createLiveLine(output) : createPlainLines(output);
}

function createLiveLine(output: NodeJS.WriteStream): Progress {
  const startedAt = Date.now();
  const clear = () => {
    output.cursorTo(0);
    output.clearLine(0);
  };
  return {
    show(scenario, stage, detail) {
      clear();
      const text = `${elapsed(startedAt)}  ${[scenario, stage, detail].filter(Boolean).join(' · ')}`;
      output.write(text.slice(0, output.columns - 1));
    },
    say(text) {
      clear();
      output.write(`${text}\n`);
    },
    end: clear,
  };
}

function createPlainLines(output: NodeJS.WriteStream): Progress {
  const startedAt = Date.now();
  let last = '';
  return {
    show(scenario, stage) {
      const line = `${scenario} · ${stage}`;
      if (line === last) return;
      last = line;
      output.write(`${elapsed(startedAt)}  ${line}\n`);
    },
    say: (text) => void output.write(`${text}\n`),
    end: () => undefined,
  };
}

function elapsed(startedAt: number): string {
  const seconds = Math.floor((Date.now() - startedAt) / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
