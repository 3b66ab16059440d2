import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ScenarioResult } from './figures.js';
import type { Job, Message } from './worker.js';

/** Runs one scenario in a process of its own and resolves to what it measured. */
export async function launch(
  workerFile: string,
  job: Job,
  onProgress: (stage: string, detail: string) => void,
  signal: AbortSignal,
): Promise<ScenarioResult> {
  const child = fork(workerFile, [JSON.stringify(job)], { execArgv: ['--expose-gc'], signal });
  let result: ScenarioResult | undefined;
  child.on('message', (message: Message) => {
    if (message.kind === 'progress') onProgress(message.stage, message.detail);
    else result = message.result;
  });
  const [code, killedBy] = await once(child, 'close');
  if (!result)
    throw new Error(`the process of scenario ${job.scenario} ended by ${killedBy ?? `code ${code}`}`);
  return result;
}
