/** One connection that stayed open, or one client that goes on dialling. */
export interface LeakedConnection {
  /**
   * `open`: a connection of this thread. `dialling`: a client, or a loop, that is between two dials and goes on after its
   * call has ended. `outside`: a connection of a worker thread or another process, that the server told of.
   */
  readonly state: 'open' | 'dialling' | 'outside';
  /** Where it leads to: address and port, or the path of a unix socket. */
  readonly remote: string;
  /** `null` for a unix socket, which has none, and where there is no connection at the moment. */
  readonly localPort: number | null;
  /** Since it was opened, or first dialled. */
  readonly ageMs: number;
  /**
   * Where it was opened: the frames outside of `node_modules` and Node itself, one a line, the innermost first. For one
   * from `outside`: where the calls started threads or processes; empty where they started none.
   */
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
  /** True where the verdict is `no leak`. */
  readonly ok: boolean;
  /**
   * `leak`: connections stay open, or clients go on dialling, the more of them the more calls. `inconclusive`: nothing has
   * been shown; every call failed, no call used a connection, the server was full, or the end came too early.
   */
  readonly verdict: 'no leak' | 'leak' | 'inconclusive';
  /** Why, in one sentence. */
  readonly reason: string;
  /** What one should know besides: more calls than asked for, other work of the process, what to do; a sentence each. */
  readonly notes: readonly string[];
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
  /** The calls before the measured ones. */
  readonly warmup: {
    readonly calls: number;
    /** Connections opened by then, whether closed since or not. */
    readonly opened: number;
    /** The number open at the start, then after each of these calls. */
    readonly samples: readonly number[];
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
  /** Where this thread dialled since the check began, as it was asked to, and how often. */
  readonly dials: readonly { readonly target: string; readonly count: number }[];
  /** Resident set of the process, in bytes. */
  readonly rss: BeforeAndAfter;
  /** Heap in use, in bytes; after a garbage collection where Node was started with `--expose-gc`. */
  readonly heap: BeforeAndAfter;
  /** What keeps the process alive: sockets, timers, … */
  readonly handles: BeforeAndAfter;
  /** What leaks, the oldest first; empty unless the verdict is `leak`. */
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
