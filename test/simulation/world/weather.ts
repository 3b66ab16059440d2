/** How the network to one address is at the moment. Times in ms. */
export interface Weather {
  latencyMs: number;
  /** On top of the latency, by chance. */
  jitterMs: number;
  /** How often bytes that were sent together arrive in pieces, from 0 to 1. */
  splits: number;
  /** What is sent in this direction is held up until it is let go; nothing is lost from the middle of a stream. */
  holdsRequests: boolean;
  holdsReplies: boolean;
  /** Nobody listens. */
  refuses: boolean;
  /** No way there: what dials waits, and what is open hears nothing. */
  vanished: boolean;
  /** The peer reads this many bytes at once, and then no more for a latency; `Infinity` normally. */
  bytesAtOnce: number;
}

export function fairWeather(latencyMs = 0.2): Weather {
  return {
    latencyMs,
    jitterMs: latencyMs / 2,
    splits: 0.02,
    holdsRequests: false,
    holdsReplies: false,
    refuses: false,
    vanished: false,
    bytesAtOnce: Number.POSITIVE_INFINITY,
  };
}
