/** Where messages go: each is one line, and holds no value and no secret. `console` is one. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** A logger that throws, or answers a promise that rejects, must not turn an answer into a failure. */
export function log(logger: Logger, level: keyof Logger, message: string): void {
  try {
    const told: unknown = logger[level](message);
    Promise.resolve(told).catch(() => undefined);
  } catch {
    // There is nobody left to tell.
  }
}
