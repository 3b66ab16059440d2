import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * The process that has the socket with a local port, for those that this process or one of its descendants has; others
 * are not in the answer. `undefined` where the system does not tell, that is anywhere but on Linux.
 */
export function findOwners(ports: ReadonlySet<number>): ReadonlyMap<number, number> | undefined {
  try {
    const portOfInode = new Map(readInodes().filter(([, port]) => ports.has(port)));
    const owners = new Map<number, number>();
    for (const pid of findFamily()) {
      for (const inode of socketsOf(pid)) {
        const port = portOfInode.get(inode);
        if (port !== undefined) owners.set(port, pid);
      }
    }
    return owners;
  } catch {
    return undefined;
  }
}

/** The local port of each TCP socket by its inode. */
function readInodes(): [inode: string, port: number][] {
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readLines(file).slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 9)
    .map((fields) => [fields[9]!, Number.parseInt(fields[1]!.split(':')[1]!, 16)]);
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    // A machine without IPv6 has no table of it.
    if (file.endsWith('6')) return [];
    throw error;
  }
}

function findFamily(): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const family = [process.pid];
  for (const member of family) {
    for (const [pid, parent] of parents) if (parent === member) family.push(pid);
  }
  return family;
}

/** The second field after the name of the command, which stands in brackets and may hold anything. */
function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]);
  } catch {
    return 0;
  }
}

/** None of a process that has ended meanwhile. */
function socketsOf(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).flatMap((name) => inodeOf(`${folder}/${name}`));
  } catch {
    return [];
  }
}

function inodeOf(descriptor: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(descriptor))?.slice(1) ?? [];
  } catch {
    return [];
  }
}
