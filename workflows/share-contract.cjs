// Loaded once for each thread of a worker, before its first run: everything of the contract, and the packages it stands
// on, is then shared by all runs on that thread. Otherwise every run would build every schema anew, at each start and
// each replay. The contract keeps nothing of a run, as it serves many of them in the API's process too: what it
// remembers gives the same for the same text, and what work costs is counted for each run by itself (meter.ts).
const ofSandbox = new Set(Object.keys(__webpack_modules__).filter((id) => require.cache[id]))
const contract = require.context('../shared/contract', true, /^\.\/(?!api\/).*\.ts$/)
for (const name of contract.keys()) contract(name)

// The sandbox freezes, deeply, what runs share, and passes by what is frozen already. Schemas and expressions bind their
// methods at first use, so their objects must stay open.
for (const id of Object.keys(__webpack_modules__)) {
  const loaded = ofSandbox.has(id) ? undefined : require.cache[id]
  if (loaded) Object.freeze(loaded)
}
