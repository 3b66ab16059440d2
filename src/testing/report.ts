/** One connection that stayed open. */
export interface LeakedConnection {
  /** `null` for a unix socket, which has none, and for a connection that is still being opened. */
  readonly localPort: number | null;
  /** Since it was opened. */
  readonly ageMs: number;
  /** Where it was opened: the frames outside of `node_modules` and Node itself, one a line, the innermost first. */
  readonly stack: string;
  /**
   * Whether the server has a client with this port in its CLIENT LIST. It has not where the connection goes to another
   * server, through a proxy or an address translation, or over a unix socket.
   */
  readonly confirmed: boolean;
}

/** What was counted at the first call that is measured, and at the end. */
export interface BeforeAndAfter {
  readonly before: number;
  readonly after: number;
}

/** What `checkLeaks` found. */
export interface LeakReport {
  /** False: connections stay open, the more of them the more calls. */
  readonly ok: boolean;
  /** Connections that stay open for each call, in the end: 1 for a getter that never closes, 0 without a leak. */
  readonly perCall: number;
  /** Measured calls: as asked for, more where the first ones left a doubt, fewer where the server ran out of connections. */
  readonly calls: number;
  readonly errors: {
    /** Measured calls that threw or rejected. */
    readonly count: number;
    /** What the first of them threw. */
    readonly first: unknown;
  };
  /** Connections that this process opened since the check began and that are open. */
  readonly connections: {
    /** After the warm-up. */
    readonly before: number;
    /** At the end, once what closes has closed. */
    readonly after: number;
    readonly peak: number;
    /** `before`, then the number after each measured call. */
    readonly samples: readonly number[];
    /** Opened during the measured calls, whether closed since or not. */
    readonly opened: number;
  };
  /** Resident set of the process, in bytes. */
  readonly rss: BeforeAndAfter;
  /** Heap in use, in bytes; after a garbage collection where Node was started with `--expose-gc`. */
  readonly heap: BeforeAndAfter;
  /** What keeps the process alive: sockets, timers, … */
  readonly handles: BeforeAndAfter;
  /** What stays open, the oldest first; empty where `ok`. */
  readonly leaked: readonly LeakedConnection[];
}

/** Where a check is, after each measured call. */
export interface LeakProgress {
  /** Measured calls that have ended. */
  readonly done: number;
  /** Measured calls of the check, as far as is known by now. */
  readonly calls: number;
  /** Connections open now. */
  readonly open: number;
}
