import { connect } from 'node:net'
import { type Finding, note, ok } from './finding.ts'

const patience = 2_000
const embeddedPort = 7233
/** The dev server puts its Web UI this far above its own port. */
const uiOffset = 1_000

/** Temporal as it is seen from here. The API's own connection counts; this one tells people where to look. */
export async function checkTemporal(
  env: Record<string, string | undefined>,
  isReached: boolean,
): Promise<Finding[]> {
  const port = Number(env.PARLEY_TEMPORAL_PORT) || embeddedPort
  const address = env.TEMPORAL_ADDRESS || `127.0.0.1:${port}`
  const ui =
    env.TEMPORAL_UI_URL ||
    (env.TEMPORAL_ADDRESS
      ? undefined
      : `http://localhost:${Number(env.PARLEY_TEMPORAL_UI_PORT) || port + uiOffset}`)
  const namespace = env.TEMPORAL_NAMESPACE || 'default'
  return [
    (await answers(address))
      ? ok('Temporal', `${address}, namespace ${namespace}`)
      : isReached
        ? ok('Temporal', `the API reaches it, though not at ${address} as seen from here`)
        : note(
            'Temporal',
            `nothing listens at ${address} (as seen from here)`,
            'npm start brings one; or TEMPORAL_ADDRESS=host:7233',
          ),
    ...(ui
      ? [
          (await isThere(ui))
            ? ok('Temporal Web UI', ui)
            : note(
                'Temporal Web UI',
                `nothing answers at ${ui} (as seen from here)`,
                'npm start says where it is',
              ),
        ]
      : []),
    ...(ui ? [] : [note('Temporal Web UI', 'its address is not known here', 'TEMPORAL_UI_URL=http://…')]),
  ]
}

async function answers(address: string): Promise<boolean> {
  const at = address.lastIndexOf(':')
  const socket = connect({
    host: address.slice(0, at),
    port: Number(address.slice(at + 1)) || 0,
    timeout: patience,
  })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket
    .on('connect', () => resolve(true))
    .on('error', () => resolve(false))
    .on('timeout', () => resolve(false))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

async function isThere(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience), redirect: 'manual' })
    await response.body?.cancel()
    return response.status < 500
  } catch {
    return false
  }
}
