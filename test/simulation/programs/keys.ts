/** Enough to be spread over all nodes. */
const TAGS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];

/** Of a cluster: keys with the same tag share a slot. */
export const tagOf = (serial: number): string => `{${TAGS[serial % TAGS.length]}}`;

/** One of each node's keys, whoever the nodes are. */
export const EVERYWHERE: readonly string[] = TAGS.map((_, serial) => tagOf(serial));

/** What an instance may put before every key. */
export const KEY_PREFIX = 'app:';
