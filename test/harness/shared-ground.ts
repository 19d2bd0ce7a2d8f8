/** What Jest's global setup hands to the test files: they may run in other processes, so it goes by the environment. */
export type SharedGround = { adminUrl: string; temporalAddress: string; temporalCli: string }

/** The migrated database that every test file's own is cloned from. */
export const TEMPLATE = 'parley_template'

const NAME = 'PARLEY_TEST_GROUND'

export function shareGround(shared: SharedGround): void {
  process.env[NAME] = JSON.stringify(shared)
}

export function sharedGround(): SharedGround {
  const shared = process.env[NAME]
  if (!shared) throw new Error('No test ground: run Jest with the configuration of this project (npm test).')
  return JSON.parse(shared)
}
