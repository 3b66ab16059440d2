import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Kills `pid` and removes `directory` once this process is gone, however it went: a shell waits for
 * the end of its stdin, which the kernel closes even after SIGKILL. No exit or signal handler of ours
 * could do that. Detached, so that Ctrl-C in the terminal spares it. Returns what calls it off.
 */
export function guardAgainstOrphan(pid: number, directory: string): () => void {
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$1"; rm -rf "$2"', 'sh', String(pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  (guard.stdin as Socket).unref();
  return () => {
    guard.kill('SIGKILL');
  };
}
