import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { createGuardedFetch, type Resolve } from '../../activities/providers/outbound/guarded-fetch.ts'
import { readLimited, readLimitedBytes } from '../../activities/providers/outbound/read-limited.ts'
import { isPublicAddress, outboundProblem } from '../../shared/outbound-address.ts'
import { refusal } from '../harness/refusal.ts'
import { until } from '../harness/until.ts'
import { type Received, startWebServer, type WebServer } from '../harness/web-server.ts'

/** The server outside, which the operator has allowed, and one behind it that nobody may reach. */
let outside: WebServer
let inside: WebServer
let second: WebServer
let answer: (request: Received, response: ServerResponse) => void

beforeAll(async () => {
  outside = await startWebServer((request, response) => answer(request, response))
  second = await startWebServer((_, response) => response.end('second'))
  inside = await startWebServer((_, response) => response.end('the crown jewels'))
})
afterAll(() => Promise.all([outside, inside, second].map((server) => server.close())))
beforeEach(() => {
  for (const server of [outside, inside, second]) server.received.length = 0
})

const guarded = (more: Partial<Parameters<typeof createGuardedFetch>[0]> = {}) =>
  createGuardedFetch({ allow: [`127.0.0.1:${outside.port}`, `127.0.0.1:${second.port}`], ...more })

const redirect =
  (to: string, status = 302) =>
  (_: Received, response: ServerResponse) =>
    void response.writeHead(status, { location: to }).end()

describe('addresses', () => {
  it.each([
    ['127.0.0.1'],
    ['127.255.255.254'],
    ['0.0.0.0'],
    ['10.1.2.3'],
    ['172.31.255.255'],
    ['192.168.0.1'],
    ['169.254.169.254'],
    ['100.100.100.200'],
    ['192.0.0.192'],
    ['198.18.0.1'],
    ['224.0.0.1'],
    ['255.255.255.255'],
    ['::'],
    ['::1'],
    ['::7f00:1'],
    ['fe80::1'],
    ['fe80::1%lo'],
    ['fc00::1'],
    ['fd00:ec2::254'],
    ['ff02::1'],
    ['::ffff:127.0.0.1'],
    ['::ffff:a9fe:a9fe'],
    ['64:ff9b::127.0.0.1'],
    ['64:ff9b::a9fe:a9fe'],
    ['64:ff9b:1::1'],
    ['2002:7f00:1::1'],
    ['2002:c0a8:101::'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['2001:db8::1'],
    ['3fff::1'],
    ['not an address'],
  ])('F020 %s is not public', (address) => expect(isPublicAddress(address)).toBe(false))

  it.each([
    ['93.184.215.14'],
    ['172.32.0.1'],
    ['100.128.0.1'],
    ['2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
    ['::ffff:93.184.215.14'],
    ['64:ff9b::5db8:d70e'],
    ['2002:5db8:d70e::1'],
  ])('F020 %s is public', (address) => expect(isPublicAddress(address)).toBe(true))
})

it.each([
  ['https://example.com/a', undefined],
  ['http://10.0.0.7:8080/', undefined],
  ['http://10.0.0.7/', '10.0.0.7:80 is a private or reserved address'],
  ['http://[fd00::1]:9/', '[fd00::1]:9 is a private'],
  ['http://LOCALHOST./', 'localhost.:80 is a private'],
  ['http://api.localhost/', 'api.localhost:80 is a private'],
  ['http://notlocalhost.example/', undefined],
  ['gopher://example.com/', 'http:// or https://'],
])('F020 what is wrong with %s is told without asking anybody: %s', (url, problem) => {
  const said = outboundProblem(url, ['10.0.0.7:8080'])
  if (problem === undefined) expect(said).toBeUndefined()
  else expect(said).toContain(problem)
})

describe('the guarded client', () => {
  it.each([
    ['http://127.0.0.1'],
    ['http://localhost'],
    ['http://2130706433'],
    ['http://0x7f000001'],
    ['http://0177.0.0.1'],
    ['http://127.1'],
    ['http://0'],
    ['http://[::1]'],
    ['http://[::ffff:127.0.0.1]'],
    ['http://[::ffff:7f00:1]'],
    ['http://[0:0:0:0:0:ffff:7f00:0001]'],
    ['http://127.0.0.1.'],
    ['http://１２７.0.0.1'],
  ])('F020 %s with a port that was not allowed is refused before a connection is made', async (host) => {
    const before = inside.connections()
    const { code, message } = await refusal(guarded()(`${host}:${inside.port}/latest/meta-data`))
    expect(code).toBe('OutboundRefused')
    expect(message).toContain('PARLEY_OUTBOUND_ALLOW')
    expect(message).not.toContain('meta-data')
    expect(inside.connections()).toBe(before)
  })

  it.each([
    ['file:///etc/passwd', 'file:'],
    ['gopher://127.0.0.1:70/', 'gopher:'],
    ['data:text/plain,x', 'data:'],
    ['http://user:secret@example.com/', 'user name'],
    ['nowhere', 'no address'],
    ['http://example.com:25/', 'port'],
  ])('F020 %s is refused', async (address, words) => {
    const { code, message } = await refusal(guarded()(address))
    expect(code).toBe('OutboundRefused')
    expect(message).toContain(words)
    expect(message).not.toContain('secret')
  })

  it('F020 a name that resolves to a private address is refused, whatever it resolved to a moment before', async () => {
    const answers = ['93.184.215.14', '127.0.0.1']
    const asked: string[] = []
    const resolve: Resolve = (name, _, done) => {
      asked.push(name)
      done(null, [{ address: answers.shift() ?? '127.0.0.1', family: 4 }])
    }
    // The first answer, which a check of names alone would go by, is used up.
    resolve('rebound.example', { all: true }, () => {})
    const { code, message } = await refusal(guarded({ resolve })(`http://rebound.example:${inside.port}/`))
    expect(code).toBe('OutboundRefused')
    expect(message).toContain('127.0.0.1')
    expect(asked).toEqual(['rebound.example', 'rebound.example'])
    expect(inside.received).toEqual([])
  })

  it('F020 a name with one public and one private address is refused', async () => {
    const resolve: Resolve = (_, __, done) =>
      done(null, [
        { address: '93.184.215.14', family: 4 },
        { address: '::ffff:127.0.0.1', family: 6 },
      ])
    const { code } = await refusal(guarded({ resolve })(`http://both.example:${inside.port}/`))
    expect(code).toBe('OutboundRefused')
  })

  it('F020 what the operator allowed is host and port together', async () => {
    answer = (_, response) => void response.end('hello')
    expect(await (await guarded()(`${outside.url}/x`)).text()).toBe('hello')
    // The same server under another name.
    expect((await refusal(guarded()(`http://localhost:${outside.port}/`))).code).toBe('OutboundRefused')
    expect((await refusal(guarded()(inside.url))).code).toBe('OutboundRefused')
    const byName = createGuardedFetch({ allow: [`localhost:${outside.port}`] })
    expect(await (await byName(`http://LOCALHOST:${outside.port}/`)).text()).toBe('hello')
  })

  it('F020 IPv6 is allowed in brackets', async () => {
    const six = await startWebServer((_, response) => void response.end('six'), '::1')
    try {
      expect((await refusal(guarded()(six.url))).code).toBe('OutboundRefused')
      const allowed = createGuardedFetch({ allow: [`[::1]:${six.port}`] })
      expect(await (await allowed(six.url)).text()).toBe('six')
    } finally {
      await six.close()
    }
  })
})

describe('redirects', () => {
  it.each([[301], [302], [303], [307], [308]])(
    'F020 a %d to a private address is refused',
    async (status) => {
      answer = redirect(inside.url, status)
      expect((await refusal(guarded()(outside.url))).code).toBe('OutboundRefused')
      expect(inside.received).toEqual([])
    },
  )

  it.each([
    ['file:///etc/passwd'],
    ['http://a:b@example.com/'],
    ['http://[::1'],
    ['http://2130706433:8123/'],
  ])('F020 a redirect to %s is refused', async (place) => {
    answer = redirect(place)
    expect((await refusal(guarded()(outside.url))).code).toBe('OutboundRefused')
  })

  it('F020 a circle ends after five', async () => {
    answer = redirect('/again')
    const { message } = await refusal(guarded()(outside.url))
    expect(message).toContain('more than 5')
    expect(outside.received).toHaveLength(6)
  })

  it('F020 credentials stay with the origin they were meant for', async () => {
    answer = redirect(`${second.url}/there`)
    await guarded()(outside.url, {
      headers: { authorization: 'Bearer x', cookie: 'a=b', 'x-api-key': 'k', accept: 'text/plain' },
    })
    expect(second.received[0]?.headers).toMatchObject({ accept: 'text/plain' })
    for (const name of ['authorization', 'cookie', 'x-api-key'])
      expect(second.received[0]?.headers).not.toHaveProperty(name)
  })

  it('F020 within the origin they are sent again', async () => {
    answer = ({ path }, response) =>
      path === '/a' ? redirect('/b', 307)({} as Received, response) : void response.end('ok')
    await guarded()(`${outside.url}/a`, { method: 'PUT', headers: { 'x-api-key': 'k' }, body: 'words' })
    expect(outside.received[1]).toMatchObject({
      method: 'PUT',
      path: '/b',
      body: 'words',
      headers: { 'x-api-key': 'k' },
    })
  })

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [301, 'PUT', 'PUT', 'words'],
    [307, 'POST', 'POST', 'words'],
    [308, 'POST', 'POST', 'words'],
  ])('F020 after %d a %s goes on as %s', async (status, method, then, body) => {
    answer = ({ path }, response) =>
      path === '/a' ? redirect('/b', status)({} as Received, response) : void response.end('ok')
    await guarded()(`${outside.url}/a`, { method, body: 'words' })
    expect(outside.received[1]).toMatchObject({ method: then, path: '/b', body })
  })

  it('F020 a body never goes on to another origin', async () => {
    answer = redirect(second.url, 307)
    const { message } = await refusal(guarded()(outside.url, { method: 'POST', body: 'card number' }))
    expect(message).toContain(second.url)
    expect(second.received).toEqual([])
  })

  it('F020 manual and error are honoured', async () => {
    answer = redirect('/b')
    expect((await guarded()(outside.url, { redirect: 'manual' })).status).toBe(302)
    expect((await refusal(guarded()(outside.url, { redirect: 'error' }))).code).toBe('OutboundRefused')
  })
})

describe('slow and large answers', () => {
  it('F020 the caller’s signal closes the connection, in the middle of a body too', async () => {
    answer = (_, response) => void response.writeHead(200).write('first')
    const stop = new AbortController()
    const before = outside.cutOff()
    const response = await guarded()(outside.url, { signal: stop.signal })
    const reading = response.text()
    stop.abort()
    await expect(reading).rejects.toThrow()
    await until('the connection to be closed', async () => outside.cutOff() > before || undefined)
  })

  it('F020 a server that says nothing, and one that stops in the middle, end by their limits', async () => {
    const impatient = guarded({ limits: { headers: 50, body: 50 } })
    answer = () => {}
    await expect(impatient(outside.url)).rejects.toThrow()
    answer = (_, response) => void response.writeHead(200).write('first')
    await expect((await impatient(outside.url)).text()).rejects.toThrow()
  })

  it('F020 a drip is stopped by the caller’s deadline', async () => {
    answer = (_, response) => {
      const drip = setInterval(() => response.write('.'), 10)
      response.once('close', () => clearInterval(drip))
    }
    const response = await guarded()(outside.url, { signal: AbortSignal.timeout(150) })
    await expect(readLimited(response, 1_000_000)).rejects.toThrow()
  })

  it('F020 an endless body is read up to the limit, and its connection closed', async () => {
    answer = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      }
      response.on('drain', more)
      more()
    }
    const before = outside.cutOff()
    const { text, truncated } = await readLimited(await guarded()(outside.url), 100_000)
    expect([text.length, truncated]).toEqual([100_000, true])
    await until('the connection to be closed', async () => outside.cutOff() > before || undefined)
  })

  it('F020 a gzip bomb is unpacked up to the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000))
    answer = (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    const before = process.memoryUsage().arrayBuffers
    const { bytes, truncated } = await readLimitedBytes(await guarded()(outside.url), 262_144)
    expect([bytes.length, truncated]).toEqual([262_144, true])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
  })

  it('F020 text is read in the encoding it names, and never ends in half a character', async () => {
    answer = (_, response) =>
      void response
        .writeHead(200, { 'content-type': 'text/plain; charset=iso-8859-1' })
        .end(Buffer.from([0xe9]))
    expect(await readLimited(await guarded()(outside.url), 10)).toEqual({ text: 'é', truncated: false })
    answer = (_, response) => void response.end('aé')
    expect(await readLimited(await guarded()(outside.url), 2)).toEqual({ text: 'a', truncated: true })
  })

  it('F020 an event stream is read as it comes', async () => {
    let send: (text: string) => void = () => {}
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      send = (text) => response.write(text)
    }
    const response = await guarded()(outside.url)
    const reader = response.body?.getReader()
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      send(event)
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(event)
    }
    await reader?.cancel()
  })
})
