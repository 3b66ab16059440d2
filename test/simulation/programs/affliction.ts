import type { RedisServer } from '../redis/server.js';
import type { Mood } from '../redis/session.js';
import type { ServerEvent } from './program.js';

/** What a server refuses from now on. */
const MOODS: { readonly [event in ServerEvent]?: Partial<Mood> } = {
  loading: { loading: 'yes' },
  'loading all': { loading: 'all' },
  replica: { replica: true },
  misconf: { misconf: true },
  'out of memory': { outOfMemory: true },
  busy: { busy: true },
};
const WELL: Omit<Mood, 'replica'> = { loading: 'no', misconf: false, outOfMemory: false, busy: false };

/** What becomes of a server and its connections. */
const ENDS: { readonly [event in ServerEvent]?: (server: RedisServer) => void } = {
  'drop by finish': (server) => server.drop('finish'),
  'drop by reset': (server) => server.drop('reset'),
  'drop silently': (server) => server.drop('silently'),
  restart: (server) => server.restart(),
  down: (server) => server.stop(),
  pause: (server) => server.pause(),
  full: (server) => server.fill(),
  'forget scripts': (server) => server.state.scripts.clear(),
};

/** A fault of one server. */
export function afflict(server: RedisServer, what: ServerEvent): void {
  Object.assign(server.state.mood, MOODS[what]);
  ENDS[what]?.(server);
}

export function cure(server: RedisServer, replica: boolean): void {
  Object.assign(server.state.mood, WELL, { replica });
  server.state.maxClients = 10_000;
  server.down = false;
  server.resume();
}
