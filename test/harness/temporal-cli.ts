const FINDER = new URL('../../scripts/ready/temporal-cli.mjs', import.meta.url)

/** The Temporal CLI of this machine: `npm test` names it; for Jest run by hand it is looked for where `npm test` would. */
export async function temporalCli(): Promise<string> {
  const named = process.env.TEMPORAL_CLI_PATH
  if (named) return named
  const { findTemporalCli } = await import(FINDER.href)
  const found: string | undefined = findTemporalCli()
  if (!found) throw new Error('There is no Temporal CLI yet: `npm test` fetches it.')
  return found
}
