/** Where messages go: each is one line, and holds no value and no secret. `console` is one. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** A logger that throws must not turn an answer into a failure. */
export function log(logger: Logger, level: keyof Logger, message: string): void {
  try {
    logger[level](message);
  } catch {
    // There is nobody left to tell.
  }
}
