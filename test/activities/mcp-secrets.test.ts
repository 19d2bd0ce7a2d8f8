import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createRedactor } from '../../activities/providers/tools/redact.ts'
import { type McpDesk, openMcpDesk } from '../harness/mcp-desk.ts'
import { type McpTestServer, startMcpServer } from '../harness/mcp-server.ts'
import { refusal } from '../harness/refusal.ts'

const plain = 'the-pin-of-the-desk'
let server: McpTestServer
let desk: McpDesk

beforeAll(async () => {
  server = await startMcpServer()
  server.tools = [{ name: 'unlock', description: 'Unlocks.', inputSchema: { type: 'object' } }]
  desk = await openMcpDesk(() => [`127.0.0.1:${server.port}`], {
    openSecrets: async (_, wanted) => ({
      values: new Map([...wanted].map((name) => [name, plain])),
      redactor: createRedactor([{ value: plain, shown: '[secret pin]' }]),
    }),
  })
  await desk.ready({ name: 'desk', url: server.url })
})
afterAll(async () => {
  await desk.close()
  await server.close()
})

const unlock = (server: string) =>
  createTools(desk.deps).callMcpTool({
    ...desk.caller,
    server,
    tool: 'unlock',
    arguments: { pin: 'pin: [mark]', note: 'mark' },
    marks: new Map([['[mark]', 'pin']]),
    key: 'k',
    signal: new AbortController().signal,
    onHandOver: async () => {},
  })

it('F020 a secret among the arguments is put in at the moment of sending, and taken out of what comes back', async () => {
  server.answer = (_, given) => ({ content: [{ type: 'text', text: `given ${JSON.stringify(given)}` }] })
  expect(await unlock('desk')).toEqual({ value: 'given {"pin":"pin: [secret pin]","note":"mark"}' })
  expect(server.calls.at(-1)?.arguments).toEqual({ pin: `pin: ${plain}`, note: 'mark' })
})

it('F020 it is taken out of the words of a failure, too', async () => {
  server.answer = () => ({ isError: true, content: [{ type: 'text', text: `wrong pin ${plain}` }] })
  expect(await refusal(unlock('desk'))).toEqual({
    code: 'ToolFailed',
    message: expect.stringContaining('wrong pin [secret pin]'),
  })
})

it('F020 no secret goes to a program of the operator’s, which is no host', async () => {
  await desk.add({ name: 'program', operatorServer: 'program' })
  expect((await refusal(unlock('program'))).code).toBe('SecretUnusable')
})
