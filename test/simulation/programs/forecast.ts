import type { Weather } from '../world/weather.js';
import type { NetworkEvent } from './program.js';

/** How the network differs from a fair one. */
export function changeOf(what: NetworkEvent): Partial<Weather> {
  switch (what.name) {
    case 'slow':
      return { latencyMs: what.ms };
    case 'hold requests':
      return { holdsRequests: true };
    case 'hold replies':
      return { holdsReplies: true };
    case 'vanish':
      return { vanished: true };
    case 'refuse':
      return { refuses: true };
    case 'split':
      return { splits: 1 };
    case 'narrow':
      return { bytesAtOnce: 7 };
    case 'clear':
      return {};
  }
}
