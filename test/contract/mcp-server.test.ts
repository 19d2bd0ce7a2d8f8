import {
  fillHeader,
  McpServerFields,
  type McpTool,
  secretsIn,
  standingsOf,
} from '../../shared/contract/mcp-server.ts'

const tool = (name: string, sha256 = name, more: Partial<McpTool> = {}): McpTool => ({
  name,
  description: sha256,
  inputSchema: { type: 'object' },
  sha256,
  ...more,
})
const where = (seen: McpTool[], accepted: McpTool[], allowed: string[]) =>
  standingsOf(seen, accepted, allowed).map(({ tool, state, obstacle }) => [
    tool.name,
    state,
    obstacle !== undefined,
  ])

it('F020 a tool can be called when it is offered, accepted as it is, and allowed', () => {
  expect(where([tool('a')], [tool('a')], ['a'])).toEqual([['a', 'accepted', false]])
  expect(where([tool('a')], [tool('a')], [])).toEqual([['a', 'accepted', true]])
  expect(where([tool('a')], [], ['a'])).toEqual([['a', 'new', true]])
  expect(where([tool('a', 'other')], [tool('a')], ['a'])).toEqual([['a', 'changed', true]])
  expect(where([], [tool('a')], ['a'])).toEqual([['a', 'gone', true]])
  expect(where([], [], ['a'])).toEqual([])
})

it('F020 one tool that changed leaves the others as they are, in the order of their names', () => {
  const [a, b, c] = [tool('a'), tool('b'), tool('c')]
  expect(where([c, tool('b', 'other'), a], [a, b, c], ['a', 'b', 'c'])).toEqual([
    ['a', 'accepted', false],
    ['b', 'changed', true],
    ['c', 'accepted', false],
  ])
})

it('F020 a schema that cannot be used is remembered of the tool that was accepted, and of no other', () => {
  const bad = tool('a', 'a', { problem: 'its schema is bad' })
  expect(standingsOf([tool('a')], [bad], ['a'])[0]?.obstacle).toBe('its schema is bad')
  expect(standingsOf([tool('a', 'other')], [bad], ['a'])[0]?.obstacle).toContain('changed')
})

it('F020 headers name secrets, which are put in when the server is called', () => {
  const headers = {
    authorization: 'Basic ${secure.user}:${ secure.password }',
    'x-user': '${secure.user}',
    'x-team': 'a',
  }
  expect(secretsIn(headers)).toEqual(['user', 'password'])
  const values = new Map([
    ['user', 'ana$&'],
    ['password', '${secure.user}'],
  ])
  expect(fillHeader(headers.authorization, values)).toBe('Basic ana$&:${secure.user}')
})

it('F020 what is left out is what most servers want', () => {
  expect(McpServerFields.parse({ name: 'crm', url: 'https://crm.example.com/mcp' })).toEqual({
    name: 'crm',
    url: 'https://crm.example.com/mcp',
    allowedTools: [],
    timeout: 'PT60S',
  })
})
