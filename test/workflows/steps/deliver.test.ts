import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { fail } from '../../../shared/temporal/failure.ts'
import { apps, files, steps, workspaces } from '../../../storage/sql/schema.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
beforeEach(() => {
  world.mailer.sent.length = 0
})
afterEach(() => world.replay())
afterAll(() => world.close())

const made = { id: 'f', type: 'document', format: 'md', name: 'Offer', content: '# Offer' }
const deliver = async (step: Record<string, unknown>, order?: Parameters<World['begin']>[1]) => {
  const run = await world.begin(
    { name: 'Sales', steps: [made, { id: 'out', type: 'deliver', files: '${f}', ...step }] },
    order,
  )
  const { view } = await world.ended(run)
  const fileId = view.assets[0]?.fileId as string
  const [row] = await world.db.select().from(files).where(eq(files.fileId, fileId))
  const [log] = await world.db
    .select()
    .from(steps)
    .where(eq(steps.instanceUuid, run))
    .orderBy(steps.path)
    .offset(1)
  return { run, view, fileId, inLibrary: row?.libraryAt !== null, logs: log?.logs ?? [] }
}
const settle = (delivery: Record<string, 'library' | 'email'>) =>
  world.db
    .update(workspaces)
    .set({ settings: { timeZone: 'UTC', delivery } })
    .where(eq(workspaces.workspaceId, world.workspaceId))

it('F017 the step says: Library', async () => {
  const { inLibrary, view, logs } = await deliver({ to: ['library'] })
  expect(inLibrary).toBe(true)
  expect(view).toMatchObject({ status: 'completed', assets: [{ name: 'Offer.md' }] })
  expect(logs).toEqual(['“Offer.md” is in the Library.'])
  expect(world.mailer.sent).toEqual([])
})

it('F016 F017 the step says: a mail, with the file attached, to addresses out of what is known', async () => {
  const email = {
    email: ['${input.to}', 'boss@parley.example'],
    subject: 'Offer\nfor ${input.who}',
    body: 'Dear **${input.who}**',
  }
  const { run, inLibrary } = await deliver(
    { to: [email] },
    { input: { to: 'kari@fjord.example', who: 'Kari' } },
  )
  expect(inLibrary).toBe(false)
  expect(world.mailer.sent).toHaveLength(1)
  const [mail] = world.mailer.sent
  expect(mail).toMatchObject({
    to: ['kari@fjord.example', 'boss@parley.example'],
    subject: 'Offer for Kari',
    body: 'Dear **Kari**',
    key: `${run}:out:0:mail:0`,
  })
  expect(mail?.attachments.map(({ name, content }) => [name, new TextDecoder().decode(content)])).toEqual([
    ['Offer.md', expect.stringContaining('# Offer')],
  ])
})

it('F017 both at once, and several mails', async () => {
  const to = (address: string) => ({ email: address, subject: 's', body: 'b' })
  const { inLibrary } = await deliver({ to: ['library', to('a@x.example'), to('b@x.example')] })
  expect(inLibrary).toBe(true)
  expect(world.mailer.sent.map(({ to: [address] }) => address)).toEqual(['a@x.example', 'b@x.example'])
})

describe('F017 the step does not say: the workspace’s rule by type does', () => {
  afterAll(() => settle({ default: 'library' }))

  it('by default into the Library', async () => {
    await settle({ docx: 'email', default: 'library' })
    expect(await deliver({})).toMatchObject({ inLibrary: true })
    expect(world.mailer.sent).toEqual([])
  })

  it('by e-mail to who started the run', async () => {
    await settle({ md: 'email', default: 'library' })
    expect(await deliver({})).toMatchObject({ inLibrary: false })
    expect(world.mailer.sent.map(({ to, subject }) => [to, subject])).toEqual([
      [['ana@parley.example'], 'Sales: Offer.md'],
    ])
  })

  it.each([
    ['is no member', { userId: 'stranger' }],
    ['is a machine', undefined],
  ])('into the Library all the same when who started it %s', async (_, startedBy) => {
    await settle({ default: 'email' })
    const { inLibrary, logs } = await deliver({}, { startedBy: startedBy as never })
    expect(inLibrary).toBe(true)
    expect(logs[0]).toContain('no address')
    expect(world.mailer.sent).toEqual([])
  })
})

describe('refuses', () => {
  it.each(['not an address', 'a@b@c', 'x@y.example\r\nBcc: all@z.example', 'a@x.example, b@x.example', ''])(
    'the address %j',
    async (address) => {
      const { view } = await deliver(
        { to: [{ email: '${input.to}', subject: 's', body: 'b' }] },
        { input: { to: address } },
      )
      expect(view.error).toMatchObject({
        code: 'DeliveryRefused',
        message: expect.stringContaining('is no e-mail address'),
      })
      expect(world.mailer.sent).toEqual([])
    },
  )

  it('what is no file', async () => {
    const { view } = await deliver({ files: ['${input.x}'], to: ['library'] }, { input: { x: 'offer.md' } })
    expect(view.error).toMatchObject({
      code: 'DeliveryRefused',
      message: expect.stringContaining('must name files'),
    })
  })

  it('a file of another app, whatever a value claims to be', async () => {
    const appId = randomUUID()
    await world.db.insert(apps).values({ appId, workspaceId: world.workspaceId, name: 'Other' })
    const file = await world.upload('secret.txt', 'secret')
    await world.db.update(files).set({ appId }).where(eq(files.fileId, file.fileId))
    for (const to of [['library'], [{ email: 'a@x.example', subject: 's', body: 'b' }]]) {
      const { view } = await deliver({ files: '${input.file}', to }, { input: { file } })
      expect(view.error).toMatchObject({
        code: 'DeliveryRefused',
        message: expect.stringContaining('No file has the id'),
      })
    }
    expect(world.mailer.sent).toEqual([])
  })
})

it('a mail that was sent is not sent again when a later one of the step fails for a while', async () => {
  const to = (address: string) => ({ email: address, subject: 's', body: 'b' })
  world.mailer.failures.push(undefined, fail('ProviderBusy', 'later', { retryAfter: 10 }))
  const { view } = await deliver({ to: [to('a@x.example'), to('b@x.example')] })
  expect(view.status).toBe('completed')
  expect(world.mailer.sent.map(({ to: [address] }) => address)).toEqual(['a@x.example', 'b@x.example'])
})
