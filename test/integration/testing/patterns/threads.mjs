import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const file = fileURLToPath(new URL('threads/', import.meta.url));

export async function leavesWorker() {
  const worker = new Worker(`${file}opens-one.mjs`); // opened here
  await once(worker, 'message');
}

export async function terminatesWorker() {
  const worker = new Worker(`${file}opens-one.mjs`);
  await once(worker, 'message');
  await worker.terminate();
}

export async function leavesChild() {
  const child = fork(`${file}opens-one.mjs`); // opened here
  await once(child, 'message');
}

export async function killsChild() {
  const child = fork(`${file}opens-one.mjs`);
  await once(child, 'message');
  child.kill();
  await once(child, 'exit');
}

let worker;
const ask = async (file) => {
  if (!worker) {
    worker = new Worker(file);
    worker.setMaxListeners(0);
    await once(worker, 'online');
  }
  const answer = once(worker, 'message');
  worker.postMessage('open');
  await answer;
};

export const asksWorkerThatOpens = () => ask(`${file}opens-more.mjs`);
export const asksWorkerThatCloses = () => ask(`${file}closes.mjs`);
