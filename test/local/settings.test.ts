import { readSettings } from '../../local/settings.ts'

const cli = { TEMPORAL_CLI_PATH: '/bin/temporal' }

test('without any setting everything is embedded', () => {
  expect(readSettings(cli)).toEqual({
    dataDir: '.parley',
    port: 3000,
    namespace: 'default',
    temporal: { cli: '/bin/temporal', port: 7233, uiPort: 8233 },
    postgres: { port: 5433 },
    realModel: false,
  })
})

test('what is given is used instead of the embedded one', () => {
  const given = {
    TEMPORAL_ADDRESS: 'temporal:7233',
    DATABASE_URL: 'postgresql://u:p@db/parley',
    OPENAI_API_KEY: 'key',
  }
  expect(readSettings(given)).toMatchObject({
    temporal: { given: 'temporal:7233' },
    postgres: { given: 'postgresql://u:p@db/parley' },
    realModel: true,
  })
})

test.each([
  [{ PORT: '0' }, 'PORT=0'],
  [{ PORT: '80x' }, 'PORT=80x'],
  [{ PARLEY_TEMPORAL_UI_PORT: '70000' }, 'PARLEY_TEMPORAL_UI_PORT=70000'],
  [{ DATABASE_URL: 'mysql://secret@db' }, 'DATABASE_URL is not the address of a PostgreSQL'],
])('a wrong value is named: %j', (env, message) => {
  expect(() => readSettings({ ...cli, ...env })).toThrow(message)
})

test('a wrong DATABASE_URL is not repeated: it may hold a password', () => {
  expect(() => readSettings({ ...cli, DATABASE_URL: 'mysql://secret@db' })).toThrow(/^(?!.*secret)/)
})
