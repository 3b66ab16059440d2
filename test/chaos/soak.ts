import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { compileProgram } from '../support/child-program.js';

/** `npm run test:soak -- --minutes 10 --seed 42 [--ioredis 5] [--program 17]` */
const args = process.argv.slice(2);
const at = args.indexOf('--ioredis');
const major = at >= 0 && args[at + 1] === '5' ? 5 : 6;
const program = await compileProgram(fileURLToPath(new URL('marathon.ts', import.meta.url)), major);
try {
  const child = spawn(process.execPath, [program.file, ...args], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
} finally {
  await program.remove();
}
