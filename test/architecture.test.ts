import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Who may import whom: the folder is the runtime boundary. Types cost nothing at run time, so they may reach further. */
const mayImport: Record<string, { values: string[]; types?: string[] }> = {
  'shared/contract': { values: [] },
  'shared/temporal': {
    values: ['shared/contract', 'shared/encryption-key'],
    types: ['shared/config', 'shared/log'],
  },
  'shared/config': { values: ['shared/encryption-key', 'shared/assets-address', 'shared/operator-config'] },
  'shared/encryption-key': { values: [] },
  'shared/operator-config': { values: ['shared/contract/prices'] },
  'shared/assets-address': { values: [] },
  'shared/outbound-address': { values: [] },
  'shared/log': { values: ['shared/tracing'] },
  'shared/tracing': { values: [] },
  'shared/stop-on-signals': { values: ['shared/log'] },
  workflows: { values: ['shared/contract', 'shared/temporal'], types: ['activities'] },
  activities: { values: ['shared/contract', 'shared/temporal', 'shared/outbound-address', 'storage'] },
  storage: { values: ['shared/contract'], types: ['shared/assets-address'] },
  client: { values: ['shared/contract', 'shared/temporal', 'workflows/messages'] },
  workers: {
    values: [
      'shared/contract',
      'shared/temporal',
      'shared/config',
      'shared/log',
      'shared/tracing',
      'shared/stop-on-signals',
      'activities',
      'storage',
      'client',
    ],
    types: ['workflows/tracing'],
  },
  api: {
    values: [
      'shared/contract',
      'shared/outbound-address',
      'shared/temporal',
      'shared/config',
      'shared/log',
      'shared/tracing',
      'shared/stop-on-signals',
      'storage',
      'client',
    ],
  },
  cli: { values: ['shared/contract', 'shared/config', 'shared/log', 'client'] },
  local: {
    values: ['shared/contract', 'shared/temporal', 'shared/config', 'shared/log', 'storage', 'client'],
  },
  examples: { values: ['shared/contract', 'client'] },
  bench: {
    // It brings the servers it measures, as the test harness does.
    values: [
      'shared/contract',
      'shared/temporal',
      'shared/config',
      'shared/log',
      'storage',
      'client',
      'local',
    ],
  },
}

/** What the contract is made of: it runs in the workflow sandbox and in browsers. */
const contractPackages = ['zod', '@marcbachmann/cel-js', 're2js', 'ajv', 'ajv-formats']

/** What code in the sandbox may take from outside: nothing that knows a clock, a network or an environment. */
const workflowPackages = ['@temporalio/workflow', ...contractPackages]

interface Import {
  from: string
  to: string
  typesOnly: boolean
}

const areaOf = (path: string) =>
  Object.keys(mayImport).find(
    (area) => path === area || path.startsWith(`${area}/`) || path.startsWith(`${area}.`),
  )

const sources = Object.keys(mayImport)
  .map((area) => area.split('/')[0] as string)
  .filter((folder, index, all) => all.indexOf(folder) === index)
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((path) => path.endsWith('.ts'))

const statement = /^\s*(import|export)\s+(type\s+)?([^'"]*?from\s+)?['"]([^'"]+)['"]/gm

const imports: Import[] = sources.flatMap((from) =>
  [...readFileSync(join(root, from), 'utf8').matchAll(statement)].flatMap(
    ([, , type, names = '', target = '']) => {
      const listed =
        names
          .match(/\{([^}]*)\}/)?.[1]
          ?.split(',')
          .filter((name) => name.trim()) ?? []
      const typesOnly =
        Boolean(type) ||
        (listed.length > 0 &&
          !/^[^{]*\w[^{]*\{/.test(names) &&
          listed.every((name) => name.trim().startsWith('type ')))
      const to = target.startsWith('.') ? relative(root, resolve(root, dirname(from), target)) : target
      return [{ from, to, typesOnly }]
    },
  ),
)

const isOurs = ({ to }: Import) => areaOf(to) !== undefined

it('every folder imports only what the table allows', () => {
  const wrong = imports.filter(isOurs).filter(({ from, to, typesOnly }) => {
    const area = areaOf(from) as string
    const { values, types = [] } = mayImport[area] ?? { values: [] }
    const allowed = [area, ...values, ...(typesOnly ? types : [])]
    return !allowed.some((place) => to === place || to.startsWith(`${place}/`) || to.startsWith(`${place}.`))
  })
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

it('nothing imports the processes, the examples or the tests', () => {
  const closed = ['api', 'workers', 'cli', 'local', 'examples', 'test', 'scripts', 'bench']
  const wrong = imports.filter(({ from, to }) =>
    closed.some(
      (area) =>
        to.startsWith(`${area}/`) &&
        !from.startsWith(`${area}/`) &&
        !(area === 'local' && from.startsWith('bench/')),
    ),
  )
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

it.each([
  ['shared/contract', contractPackages],
  ['workflows', workflowPackages],
])('%s uses no other packages than it may', (area, packages) => {
  const wrong = imports
    .filter(
      (one) => one.from.startsWith(`${area}/`) && !one.to.startsWith('..') && areaOf(one.to) === undefined,
    )
    .filter(({ to }) => !packages.some((name) => to === name || to.startsWith(`${name}/`)))
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

it('workflows and the contract read no clock, no environment and no random source of their own', () => {
  const wrong = sources
    .filter((path) => path.startsWith('shared/contract/') || path.startsWith('workflows/'))
    .filter((path) =>
      (path.startsWith('workflows/')
        ? /process\.|Math\.random|performance\.|crypto\./
        : /process\.|Math\.random|Date\.now\(\)|performance\.|crypto\./
      ).test(readFileSync(join(root, path), 'utf8')),
    )
  expect(wrong).toEqual([])
})

it('F020 what a definition leads to is called through the guarded client only', () => {
  // Operators choose the addresses of these; the folder is the guarded client itself.
  const exempt = [
    'providers/openai-caller.ts',
    'providers/openai-failure.ts',
    'providers/models/openai.ts',
    'providers/images/openai.ts',
    'providers/embeddings/openai.ts',
    'providers/search/ask-engine.ts',
    'providers/mail/smtp.ts',
    'providers/outbound/',
  ]
  const ways =
    /globalThis\.fetch|(?<![.\w])fetch\(|new (WebSocket|EventSource|XMLHttpRequest)\b|from '(undici|openai|nodemailer|node:(http|https|http2|net|tls|dgram|dns)(\/promises)?)'/
  const wrong = sources
    .filter((path) => path.startsWith('activities/'))
    .filter((path) => !exempt.some((place) => path.startsWith(`activities/${place}`)))
    .filter((path) => ways.test(readFileSync(join(root, path), 'utf8')))
  expect(wrong).toEqual([])
})

describe('code that can open secrets', () => {
  const opening = 'storage/secrets/unseal.ts'
  const importersOf = (path: string) =>
    imports
      .filter(({ to, typesOnly }) => to === path && !typesOnly)
      .map(({ from }) => from)
      .sort()

  /** Everything that a file brings along when it is loaded. */
  const reachOf = (path: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(path)) return seen
    seen.add(path)
    for (const { from, to, typesOnly } of imports) if (from === path && !typesOnly) reachOf(to, seen)
    return seen
  }

  it('F020 is one module, which only the worker puts into the hands of the tool port', () => {
    expect(importersOf(opening)).toEqual(['activities/providers/tools/open-secrets.ts'])
    expect(importersOf('activities/providers/tools/open-secrets.ts')).toEqual(['workers/deps.ts'])
  })

  it('F020 cannot be reached by what renders prompts, nor by any other activity, the API or a workflow', () => {
    const wrong = sources
      .filter((path) => /^(activities\/[^/]+|(api|workflows|client|cli|local|shared)\/.*)\.ts$/.test(path))
      .filter((path) => reachOf(path).has(opening))
    expect(wrong).toEqual([])
    expect(sources).toContain('activities/render-call.ts')
    expect(reachOf('workers/deps.ts').has(opening)).toBe(true)
  })
})

it('reads the imports it checks', () => {
  expect(imports.length).toBeGreaterThan(500)
  expect(
    imports.some(
      ({ from, to, typesOnly }) =>
        from === 'workflows/activities.ts' && to === 'activities/index.ts' && typesOnly,
    ),
  ).toBe(true)
})
