import type { Socket } from 'node:net'
import { eq } from 'drizzle-orm'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Mailer } from '../../activities/providers/mail/port.ts'
import { createSmtpMailer } from '../../activities/providers/mail/smtp.ts'
import type { FileValue } from '../../shared/contract/file.ts'
import { effects, steps } from '../../storage/sql/schema.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let mailer: Mailer
let server: SMTPServer
let port = 0
/** Mails that the server took, or had whole when it broke off. */
const taken: { to: string[]; mail: Email; raw: string }[] = []
/** What the server does in place of taking a mail, once each, in order. */
let behaviours: NonNullable<SMTPServerOptions['onData']>[] = []
let greet: NonNullable<SMTPServerOptions['onConnect']> | undefined

const refuse = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode })
const socketOf = (session: unknown) =>
  [...(server as unknown as { connections: Set<{ session: unknown; _socket: Socket }> }).connections].find(
    (one) => one.session === session,
  )?._socket

const take: NonNullable<SMTPServerOptions['onData']> = (stream, session, answer) => {
  const pieces: Buffer[] = []
  stream.on('data', (piece) => pieces.push(piece))
  stream.on('end', async () => {
    const raw = Buffer.concat(pieces).toString()
    taken.push({
      to: session.envelope.rcptTo.map(({ address }) => address),
      mail: await PostalMime.parse(raw.slice(0, 1_000_000)),
      raw,
    })
    answer()
  })
}

beforeAll(async () => {
  server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onConnect: (session, answer) => (greet ? greet(session, answer) : answer()),
    onData: (...given) => (behaviours.shift() ?? take)(...given),
  })
  server.on('error', () => {})
  port = await new Promise((ready) => {
    const listening = server.listen(0, '127.0.0.1', () =>
      ready((listening.address() as { port: number }).port),
    )
  })
  mailer = createSmtpMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: 'Parley <parley@nordlys.example>' })
  world = await createWorld((deps) => ({ ...deps, mailer }))
})
beforeEach(() => {
  taken.length = 0
  behaviours = []
  greet = undefined
})
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await new Promise<void>((done) => server.close(done))
})

const made = { id: 'f', type: 'document', format: 'md', name: 'Tilbud æøå', content: '# Offer' }
async function mail(
  more: Record<string, unknown> = {},
  { file, ...step }: { file?: FileValue; retry?: { attempts: number } } = {},
) {
  const email = {
    email: 'kari@fjord.example',
    subject: 'Offer',
    body: 'Dear **Kari**,\n\n- one\n- <b>two</b>\n\n![x](http://evil.example/p.png) [site](https://nordlys.example)',
    ...more,
  }
  const run = await world.begin(
    {
      steps: [
        made,
        { id: 'out', type: 'deliver', files: file ? '${input.file}' : '${f}', to: [email], ...step },
      ],
    },
    { input: { ...(file ? { file } : {}), subject: 'Hi\r\nBcc: all@z.example\r\n\r\nbody' } },
  )
  const { view } = await world.ended(run)
  const [log] = await world.db
    .select()
    .from(steps)
    .where(eq(steps.instanceUuid, run))
    .orderBy(steps.path)
    .offset(1)
  const [effect] = await world.db.select().from(effects).where(eq(effects.instanceUuid, run))
  return { run, view, logs: log?.logs ?? [], attempts: log?.attempts, state: effect?.state }
}

it('F016 a mail arrives with its attachments, as HTML and as text, with no picture fetched from elsewhere', async () => {
  const { view, state, logs } = await mail()
  expect(view.status).toBe('completed')
  expect(state).toBe('done')
  expect(logs).toEqual(['Mail “Offer” to kari@fjord.example: sent.'])
  const [{ to, mail: got } = { to: [], mail: {} as Email }] = taken
  expect(to).toEqual(['kari@fjord.example'])
  expect(got).toMatchObject({
    subject: 'Offer',
    from: { name: 'Parley', address: 'parley@nordlys.example' },
    messageId: expect.stringMatching(/^<[0-9a-f]{40}@parley>$/),
  })
  expect(got.html).toContain('<strong>Kari</strong>')
  expect(got.html).toContain('&lt;b&gt;two')
  expect(got.html).not.toContain('evil.example')
  expect(got.html).toContain('href="https://nordlys.example"')
  expect(got.text).toContain('Dear Kari,')
  expect(
    got.attachments.map(({ filename, content }) => [
      filename,
      new TextDecoder().decode(content as ArrayBuffer),
    ]),
  ).toEqual([['Tilbud æøå.md', expect.stringContaining('# Offer')]])
})

it('a server that takes it later gets it again, the same mail under the same Message-ID', async () => {
  const first: string[] = []
  behaviours = [
    (stream, _, answer) => {
      stream.on('data', (piece) => first.push(String(piece)))
      stream.on('end', () => answer(refuse(451, 'try again later')))
    },
  ]
  const { view, state, attempts } = await mail()
  expect(view.status).toBe('completed')
  expect({ state, attempts, taken: taken.length }).toEqual({ state: 'done', attempts: 2, taken: 1 })
  const idOf = (raw: string) => /^Message-ID: (.*)$/im.exec(raw)?.[1]
  expect(idOf(first.join(''))).toBe(idOf(taken[0]!.raw))
})

it('a server that refuses for good fails the step, with what it said', async () => {
  behaviours = [
    (stream, _, answer) => stream.resume().on('end', () => answer(refuse(550, 'no such customer'))),
  ]
  const { view, state } = await mail()
  expect(view.error).toMatchObject({
    code: 'DeliveryRefused',
    message: expect.stringMatching(/\(out\): The mail server refused \(550\).*no such customer/),
  })
  expect(state).toBe('begun')
})

it('a connection that breaks before the end of the mail: nothing was sent, so it is sent again', async () => {
  behaviours = [
    (stream, session) => {
      stream.on('error', () => {})
      stream.once('data', () => socketOf(session)?.destroy())
    },
    (stream, session) => {
      stream.on('error', () => {})
      socketOf(session)?.destroy()
    },
  ]
  // Larger than what the network holds by itself.
  const file = await world.upload('film.bin', Buffer.alloc(12_000_000), 'video/mp4')
  const { view, state } = await mail({}, { file })
  expect(view.status).toBe('completed')
  expect({ state, taken: taken.length }).toEqual({ state: 'done', taken: 1 })
})

it('a connection that breaks after the end of the mail: it may have arrived, so it is not sent again, and the log says so', async () => {
  behaviours = [
    (stream, session) => {
      stream.resume().on('end', () => {
        taken.push({ to: [], mail: {} as Email, raw: '' })
        socketOf(session)?.destroy()
      })
    },
  ]
  const { view, state, logs } = await mail()
  expect(view.status).toBe('completed')
  expect({ state, taken: taken.length }).toEqual({ state: 'handedOver', taken: 1 })
  expect(logs).toEqual([
    expect.stringContaining('ProviderBusy'),
    expect.stringMatching(/could not confirm it.*Not sent again/),
  ])
})

it('a server that is not there is tried again; one that stays away fails the step in the end', async () => {
  greet = (_, answer) => answer(refuse(421, 'closing'))
  const { view } = await mail({}, { retry: { attempts: 2 } })
  expect(view.error).toMatchObject({
    code: 'ProviderBusy',
    message: expect.stringContaining('Tried 2 times'),
  })
})

it('a cancel does not wait for a server that says nothing, and the mail is not sent', async () => {
  let arrived = false
  greet = () => {
    arrived = true
  }
  const run = await world.begin({
    steps: [
      made,
      { id: 'out', type: 'deliver', files: '${f}', to: [{ email: 'a@x.example', subject: 's', body: 'b' }] },
    ],
  })
  await until('the mail to be on its way', () => arrived)
  const at = Date.now()
  await world.runs.cancel(run)
  expect((await world.ended(run)).status).toBe('cancelled')
  expect(Date.now() - at).toBeLessThan(3_000)
  expect(taken).toEqual([])
  for (const { _socket } of (server as unknown as { connections: Set<{ _socket: Socket }> }).connections)
    _socket.destroy()
})

describe('header injection', () => {
  it('a subject keeps to its line', async () => {
    await mail({ subject: '${input.subject}' })
    expect(taken.map(({ to, mail: got }) => [to, got.subject, got.bcc])).toEqual([
      [['kari@fjord.example'], 'Hi Bcc: all@z.example body', undefined],
    ])
  })

  it('the mailer itself lets no line break through, in an address, a subject or a file name', async () => {
    const attempt = {
      key: 'k',
      signal: new AbortController().signal,
      onHandOver: async () => {},
      onTurnedDown: async () => {},
    }
    const place = { workspaceId: world.workspaceId, appId: world.appId, instanceUuid: world.appId }
    const file = {
      fileId: world.appId,
      name: 'a"\r\nX-Evil: 1\r\n.md',
      mediaType: 'text/plain\r\nX-Evil: 2',
      bytes: 1,
      content: new Uint8Array([120]),
    }
    await mailer
      .send(
        {
          ...place,
          to: ['a@x.example\r\nX-Evil: 3'],
          subject: 's\r\nX-Evil: 4',
          body: 'b',
          attachments: [file],
        },
        attempt,
      )
      .catch(() => {})
    for (const { raw, mail: got } of taken) {
      expect(got.headers.some(({ key }) => key === 'x-evil')).toBe(false)
      expect(raw).not.toMatch(/^X-Evil/im)
    }
  })
})
