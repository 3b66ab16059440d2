// Imports what it is told to, and prints the files that loads: run with --import ./trace.mjs.
for (const name of process.argv.slice(2)) await import(name);
