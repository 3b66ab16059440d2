/** What cannot be honoured, of a lease or of a cluster, and what does instead. */

export const NO_RECONNECT =
  'a lease never outlives its connection; use `retry`, which runs the function again';
export const SENT_ONCE = 'a command is sent once; use `retry`, which runs the function again';
export const NO_QUEUE =
  'commands of a lease are never held back; a call waits for its connection up to `acquireTimeoutMs`';
export const TOGETHER = "scopes are written together anyway; use isolation: 'shared'";
export const MASTERS_ALONE = 'connections go to masters; use a client of your own for replicas';
