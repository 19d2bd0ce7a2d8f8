import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig, WrongEnvironment } from '../../shared/config.ts'
import { tempFolder } from '../harness/temp-folder.ts'

const folder = tempFolder()
afterAll(folder.remove)
const read = (content: string) => {
  const path = join(folder.path, 'parley.json')
  writeFileSync(path, content)
  return readConfig({ DATABASE_URL: 'postgres://localhost/parley', PARLEY_CONFIG: path }).PARLEY_CONFIG
}

it('F020 reads the programs that may be MCP servers', () => {
  const files = { command: 'npx', args: ['-y', 'files', '/srv'], env: { TOKEN: 'abc' } }
  expect(read(JSON.stringify({ mcpServers: { files, plain: { command: 'plain' } } }))).toEqual({
    mcpServers: { files, plain: { command: 'plain', args: [], env: {} } },
    prices: {},
  })
  expect(read('{}')).toEqual({ mcpServers: {}, prices: {} })
  expect(readConfig({ DATABASE_URL: 'postgres://localhost/parley' }).PARLEY_CONFIG).toBeUndefined()
})

test('what models cost is read, each with its currency', () => {
  const price = { inputPerMillion: 0.4, outputPerMillion: 1.6, currency: 'USD' }
  expect(read(JSON.stringify({ prices: { 'gpt-4.1-mini': price } }))?.prices).toEqual({
    'gpt-4.1-mini': price,
  })
})

const thrown = (act: () => unknown): Error => {
  try {
    act()
  } catch (error) {
    return error as Error
  }
  throw new Error('it was taken')
}

it.each([
  ['no JSON', '{"mcpServers": secret-word', /PARLEY_CONFIG is wrong: expected a file of JSON/],
  [
    'a program without a command',
    '{"mcpServers": {"files": {"env": {"T": "secret-word"}}}}',
    /mcpServers\.files\.command/,
  ],
  ['a field that is unknown', '{"mcpServer": {"x": "secret-word"}}', /mcpServer/],
  [
    'a price without a currency',
    '{"prices": {"m": {"inputPerMillion": 1, "outputPerMillion": 1}}}',
    /prices\.m\.currency/,
  ],
  [
    'a price in words',
    '{"prices": {"m": {"inputPerMillion": "1", "outputPerMillion": 1, "currency": "USD"}}}',
    /prices\.m\.inputPerMillion/,
  ],
  [
    'a currency that is none',
    '{"prices": {"m": {"inputPerMillion": 1, "outputPerMillion": 1, "currency": "dollars"}}}',
    /three capital letters/,
  ],
  ['a name that no definition could hold', '{"mcpServers": {"my files": {"command": "x"}}}', /my files/],
])('F020 refuses %s, and quotes no value', (_, content, words) => {
  const error = thrown(() => read(content))
  expect(error).toBeInstanceOf(WrongEnvironment)
  expect(error.message).toMatch(words)
  expect(error.message).not.toContain('secret-word')
})

it('F020 names a file that is not there', () => {
  const wrong = () =>
    readConfig({ DATABASE_URL: 'postgres://localhost/parley', PARLEY_CONFIG: '/nowhere.json' })
  expect(wrong).toThrow(/\/nowhere\.json is not \(ENOENT\)/)
})
