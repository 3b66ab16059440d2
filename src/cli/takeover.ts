import { reasonOf } from './leak-summary.js';

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** What ends a check before its time. */
export interface Guard {
  /** Aborts then, so that what has been found is still told. */
  readonly signal: AbortSignal;
  /** Of a process that was told to end. */
  readonly exitCode: number | undefined;
  /** From now on what has been found is worth waiting for. */
  begin(): void;
  /** The check is over. */
  finish(): void;
}

/**
 * The function under test lives in this process. What it throws outside of its calls, and an exit of its own, must not
 * pass for a verdict; and exit handlers must run, whatever ends the process.
 */
export function guardProcess(progress: () => string): Guard {
  const controller = new AbortController();
  let [isUnderWay, isOver] = [false, false];
  let exitCode: number | undefined;
  const fail = (text: string) => void process.stderr.write(`with-redis: ${text}\n`);
  const end = (code: number, reason: string) => {
    const isSecond = controller.signal.aborted;
    controller.abort(new Error(reason));
    if (isUnderWay && !isSecond) return;
    isOver = true;
    process.exit(code);
  };
  process.on('uncaughtException', (error) => {
    // The first one ends it, and what comes while that is told changes nothing.
    if (controller.signal.aborted) return;
    const text = `the service threw outside of a call: ${reasonOf(error)}`;
    fail(text);
    if (!isOver) end(2, text);
  });
  for (const [signal, code] of Object.entries(signals)) {
    process.on(signal, () => {
      exitCode = code;
      end(code, `${signal} came`);
    });
  }
  // The process ends by that, and it is not the service's doing.
  process.stdout.prependOnceListener('error', () => {
    isOver = true;
  });
  process.once('exit', () => {
    if (isOver) return;
    fail(`the service ended the process before the check was done${progress()}`);
    process.exitCode = 2;
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    begin() {
      isUnderWay = true;
    },
    finish() {
      [isUnderWay, isOver] = [false, true];
    },
  };
}

export interface Stdout {
  /** Resolves once it is written: a pipe takes its time, and `process.exit()` would not wait. */
  write(text: string): Promise<void>;
  giveBack(): void;
}

/** With `alone` nobody else writes to it: what the service writes there goes to stderr. */
export function takeStdout(alone: boolean): Stdout {
  const { stdout, stderr } = process;
  const { write } = stdout;
  if (alone) stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  return {
    write: (text) => new Promise((resolve) => void write.call(stdout, text, undefined, () => resolve())),
    giveBack() {
      stdout.write = write;
    },
  };
}
