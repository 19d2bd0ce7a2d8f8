import { mayGoTo } from '../../shared/contract/secret.ts'
import { secretsIn, secureProblem } from '../../shared/contract/secure.ts'

it.each([
  [['api.example.com'], 'https://api.example.com/x?y', true],
  [['api.example.com'], 'https://API.example.com:443/', true],
  [['api.example.com'], 'http://api.example.com/', false],
  [['api.example.com'], 'https://api.example.com:8443/', false],
  [['api.example.com'], 'https://evil-api.example.com/', false],
  [['api.example.com'], 'https://api.example.com.evil.com/', false],
  [['api.example.com'], 'https://evil.com/api.example.com', false],
  [['api.example.com:80'], 'http://api.example.com/', true],
  [['api.example.com:443'], 'https://api.example.com/', true],
  [['localhost:4000'], 'http://localhost:4000/', true],
  [['localhost:4000'], 'http://localhost:4001/', false],
  [['[::1]:4000'], 'http://[0:0:0:0:0:0:0:1]:4000/', true],
])('F020 a secret for %j and %s: %s', (hosts, url, may) => expect(mayGoTo(hosts, url)).toBe(may))

it('F020 secrets are found wherever they are named, and may be put in only as they are', () => {
  expect(secretsIn({ a: 'x ${secure.one} ${input.b}', b: [{ c: '${secure.two}' }, 5, null] })).toEqual(
    new Set(['one', 'two']),
  )
  expect(secretsIn('$${secure.literal}')).toEqual(new Set())
  expect(secureProblem({ a: '${secure.one}', b: '${insecure.x}' })).toBeUndefined()
  for (const wrong of [
    '${secure}',
    '${secure["one"]}',
    '${secure.one + "x"}',
    '${size(secure.one)}',
    '${[secure.one]}',
  ])
    expect(secureProblem([wrong])).toContain('put in as it is')
})
