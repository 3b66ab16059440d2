import type { Stats } from 'with-redis';
import type { InstancePlan } from './program.js';
import type { World } from './world.js';

/** What holds on one server holds on each node of a cluster. */
export function checkNodes(
  world: World,
  nodes: NonNullable<Stats['nodes']>,
  { maxConnections: most, maxConnecting }: InstancePlan,
): void {
  const { network } = world;
  const violate = (what: string) => world.violate(what);
  const sockets: Record<string, number> = {};
  for (const { remoteAddress } of network.open) sockets[remoteAddress] = (sockets[remoteAddress] ?? 0) + 1;
  for (const [place, { idle, borrowed, connecting }] of Object.entries(nodes)) {
    if (idle + borrowed + connecting > most)
      violate(`${idle + borrowed} connections and ${connecting} dials at ${place}`);
    if (connecting > maxConnecting)
      violate(`${connecting} dials at once at ${place}; ${maxConnecting} allowed`);
  }
  for (const [place, count] of Object.entries(sockets))
    if (count > most) violate(`${count} sockets at ${place}; ${most} allowed`);
}
