const { bun, deno } = process.versions as { readonly bun?: string; readonly deno?: string };

const name = bun !== undefined ? 'Bun' : deno !== undefined ? 'Deno' : undefined;

/** What cannot be had where the kit runs, in a sentence; `undefined`: it is Node, and all can. */
export const runtimeLimits: string | undefined =
  name &&
  `${name} does not tell what sets off an asynchronous step: lines of the function may be missing, other work of the process counts as that of the calls, and clients that go on dialling are told from it no more`;
