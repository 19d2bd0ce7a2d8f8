import { type Health, HttpProblem, type ParleyHttp } from '../../client/http.ts'
import { oneLine } from '../screen/plain.ts'
import { broken, type Finding, ok } from './finding.ts'

const patience = 5_000

/** Whether Parley answers, what it says about its parts, and who we are to it. */
export async function checkServer(client: ParleyHttp, given: boolean): Promise<Finding[]> {
  const { baseUrl } = client
  const live = await read(`${baseUrl}/health/live`)
  if (!live)
    return [
      broken(
        'API',
        `nothing answers at ${baseUrl}`,
        given
          ? 'Is the address right? Is Parley running there?'
          : 'Start it with npm start, or say where it is with --url',
      ),
    ]
  if ((live.body as { status?: string } | undefined)?.status !== 'ok')
    return [
      broken(
        'API',
        `${baseUrl} answers, but not as Parley does`,
        'Another program has the port: set PORT, or --url',
      ),
    ]
  const version = (await read(`${baseUrl}/openapi.json`))?.body as { info?: { version?: string } } | undefined
  return [
    ok('API', `${baseUrl}${version?.info?.version ? `, version ${version.info.version}` : ''}`),
    ...parts((await read(`${baseUrl}/health/ready`))?.body as Partial<Health> | undefined),
    await access(client),
  ]
}

function parts(health: Partial<Health> | undefined): Finding[] {
  if (!health?.status) return [broken('Health', 'the API does not say whether it is ready')]
  return [
    ...(health.database === 'up'
      ? []
      : [
          broken(
            'PostgreSQL',
            'the API does not reach its database',
            'Is it running? The API connects again by itself.',
          ),
        ]),
    ...(health.temporal === 'up'
      ? []
      : [
          broken(
            'Temporal',
            'the API does not reach Temporal: runs stand still',
            'Is it running at TEMPORAL_ADDRESS? Runs go on by themselves when it is back.',
          ),
        ]),
    ...(health.live === 'down'
      ? [
          broken(
            'Live events',
            'the API does not reach Redis: they go through PostgreSQL meanwhile',
            'Is it running at REDIS_URL? The API connects again by itself.',
          ),
        ]
      : []),
  ]
}

async function access(client: ParleyHttp): Promise<Finding> {
  try {
    const { userId, name, workspaces } = await client.me()
    const places = workspaces.map((one) => `${oneLine(one.name)} (${one.roles.join(', ')})`).join('; ')
    return workspaces.length > 0
      ? ok('Access', `${oneLine(name ?? userId)} in ${places}`)
      : broken(
          'Access',
          `${oneLine(name ?? userId)} belongs to no workspace`,
          'An admin adds members: POST …/members',
        )
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error
    return error.status === 401
      ? broken(
          'Access',
          oneLine(error.detail),
          'Give an API key with --key, or in PARLEY_API_KEY. Without one, only from the same machine.',
        )
      : broken('Access', oneLine(error.detail))
  }
}

/** A JSON answer whatever its status; undefined when nothing answers. */
async function read(url: string): Promise<{ body: unknown } | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience) })
    return { body: await response.json().catch(() => undefined) }
  } catch {
    return undefined
  }
}
