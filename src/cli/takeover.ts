import { reasonOf } from './leak-summary.js';

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The function under test lives in this process. What it throws outside of its calls, and an exit of its own, must not
 * pass for a verdict; and exit handlers must run, whatever ends the process. Returns what says that the check is over.
 */
export function guardProcess(): () => void {
  let isOver = false;
  const fail = (text: string) => {
    isOver = true;
    process.stderr.write(`with-redis: ${text}\n`);
  };
  process.on('uncaughtException', (error) => {
    fail(`the service threw outside of a call: ${reasonOf(error)}`);
    process.exit(2);
  });
  for (const [signal, code] of Object.entries(signals)) {
    process.once(signal, () => {
      isOver = true;
      process.exit(code);
    });
  }
  process.once('exit', () => {
    if (isOver) return;
    fail('the service ended the process before the check was done');
    process.exitCode = 2;
  });
  return () => {
    isOver = true;
  };
}

/** Returns what writes to stdout. With `alone` nothing else does: what the service writes there goes to stderr. */
export function takeStdout(alone: boolean): (text: string) => void {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  if (alone) stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  return (text) => void write(text);
}
