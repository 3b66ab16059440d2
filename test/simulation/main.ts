import { readArguments, type SimulationArguments, usage } from './arguments.js';
import { Report } from './report.js';
import { compileWorker, runWorker } from './worker.js';

/** `npm run simulate -- --seed 42 --scopes 100000`: see `usage`. */
const args = process.argv.slice(2);
if (args.some((arg) => arg === '--help' || arg === '-h')) console.log(usage);
else {
  const read = readOrExplain();
  process.exitCode = read ? await simulate(read) : 2;
}

function readOrExplain(): SimulationArguments | undefined {
  try {
    return readArguments(args, Date.now());
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}

async function simulate({ seed, workers, major, of }: SimulationArguments): Promise<number> {
  const report = new Report(seed, workers);
  const compiled = await compileWorker(major);
  const work = async (worker: number) => {
    const code = await runWorker(compiled.file, of(worker), (said) => report.hear(worker, said));
    if (code !== 0) report.broken(worker, code);
  };
  try {
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  } finally {
    await compiled.remove();
  }
  return report.finish();
}
