import { readConfig } from '../../shared/config.ts'

const given = { DATABASE_URL: 'postgres://localhost/parley' }

it('F020 PARLEY_OUTBOUND_ALLOW names hosts with their ports', () => {
  expect(readConfig(given).PARLEY_OUTBOUND_ALLOW).toEqual([])
  expect(
    readConfig({ ...given, PARLEY_OUTBOUND_ALLOW: ' LocalHost:4000, 10.0.0.7:8080,[::1]:443 ,' })
      .PARLEY_OUTBOUND_ALLOW,
  ).toEqual(['localhost:4000', '10.0.0.7:8080', '[::1]:443'])
})

it.each(['localhost', 'http://localhost:4000', '10.0.0.0/8', '*:80', 'a:b', '::1:80', 'u@h:1', 'h:99999'])(
  'F020 PARLEY_OUTBOUND_ALLOW=%s stops the process',
  (text) => {
    expect(() => readConfig({ ...given, PARLEY_OUTBOUND_ALLOW: text })).toThrow(
      /PARLEY_OUTBOUND_ALLOW is wrong: expected host:port/,
    )
  },
)
