// Requires what it is told to, and prints the files that loads.
for (const name of process.argv.slice(2)) require(name);
for (const file of Object.keys(require.cache)) console.log(file);
