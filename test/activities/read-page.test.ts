import type { ServerResponse } from 'node:http'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { type PageText, readPage } from '../../activities/providers/search/read-page.ts'
import { makePdf } from '../harness/files/make-pdf.ts'
import { fixture } from '../harness/files/read-made.ts'
import { until } from '../harness/until.ts'
import { type Received, startWebServer, type WebServer } from '../harness/web-server.ts'

let server: WebServer
let answer: (request: Received, response: ServerResponse) => void
beforeAll(async () => {
  server = await startWebServer((request, response) => answer(request, response))
})
beforeEach(() => {
  server.received.length = 0
})
afterAll(() => server.close())

const never = new AbortController().signal
const guarded = () => createGuardedFetch({ allow: [`127.0.0.1:${server.port}`] })
const read = (signal = never, timeLimit = 5_000): Promise<PageText> =>
  readPage(guarded(), `${server.url}/page`, signal, timeLimit)
const served = (type: string, body: Buffer | string, status = 200) => {
  answer = (_, response) => void response.writeHead(status, type ? { 'content-type': type } : {}).end(body)
  return read()
}
const html = (body: string, head = '') =>
  `<!doctype html><html><head>${head}</head><body>${body}</body></html>`
const text = async (page: Promise<PageText>): Promise<string> => {
  const given = await page
  if (!given.ok) throw new Error(given.reason)
  return given.text
}
const reason = async (page: Promise<PageText>): Promise<string> => {
  const given = await page
  if (given.ok) throw new Error(`it was read: ${given.text.slice(0, 200)}`)
  return given.reason
}

const sentence =
  'Norway has a long coast with many islands, and the ferries between them carry more than forty million people a year, in all weathers. '
const article = `<nav><ul><li><a href="/">Home</a></li><li><a href="/shop">Shop</a></li></ul></nav>
  <div class="cookie-banner">We value your privacy</div>
  <article><h1>Ferries of Norway</h1>${`<p>${sentence}</p>`.repeat(8)}
    <h2>Numbers</h2><table><tr><th>Year</th><th>Trips</th></tr><tr><td>2025</td><td>41 million</td></tr></table>
    <ul><li>Hybrid</li><li>Electric</li></ul></article>
  <div class="sidebar related"><a href="/x">You may also like</a></div><footer>All rights reserved</footer>`

describe('F020 a page is read', () => {
  it('as its article in Markdown, without what surrounds it', async () => {
    const page = await text(
      served('text/html; charset=utf-8', html(article, '<title>Ferries of Norway</title>')),
    )
    expect(page).toMatch(/^# Ferries of Norway\n\nNorway has a long coast/)
    for (const part of ['## Numbers', '| 2025 | 41 million |', '- Hybrid\n- Electric'])
      expect(page).toContain(part)
    for (const noise of ['Home', 'privacy', 'may also like', 'All rights']) expect(page).not.toContain(noise)
  })

  it('whole where it is no article', async () => {
    expect(
      await text(served('text/html', html('<h1>Hours</h1><p>Mon–Fri 9–17</p>', '<meta charset="utf-8">'))),
    ).toBe('# Hours\n\nMon–Fri 9–17')
  })

  it.each<[string, string, Buffer | string, string]>([
    ['plain text', 'text/plain', 'Just <b>words</b>', 'Just <b>words</b>'],
    ['JSON', 'application/json', '{"a":1}', '{"a":1}'],
    ['a page without a type', '', html('<p>Hello there</p>'), 'Hello there'],
    [
      'a PDF that is said to be a page',
      'text/html',
      makePdf([[{ x: 72, y: 700, text: 'A printed page' }]]),
      'A printed page',
    ],
    ['a PDF', 'application/pdf', makePdf([[{ x: 72, y: 700, text: 'A printed page' }]]), 'A printed page'],
  ])('by what it is: %s', async (_, type, body, expected) => {
    expect(await text(served(type, body))).toBe(expected)
  })

  const blåbær = '<p>Blåbær på brød</p>'
  it.each<[string, string, Buffer]>([
    ['as the server says', 'text/html; charset=iso-8859-1', Buffer.from(html(blåbær), 'latin1')],
    ['as the page says', 'text/html', Buffer.from(html(blåbær, '<meta charset="windows-1252">'), 'latin1')],
    ['though the server says UTF-8', 'text/html; charset=utf-8', Buffer.from(html(blåbær), 'latin1')],
    ['though the server says Latin 1', 'text/html; charset="ISO-8859-1"', Buffer.from(html(blåbær))],
    ['though the server names none that exists', 'text/html; charset=klingon', Buffer.from(html(blåbær))],
    ['as UTF-16', 'text/html; charset=utf-16le', Buffer.from(html(blåbær), 'utf16le')],
  ])('in its encoding, %s', async (_, type, body) => {
    expect(await text(served(type, body))).toBe('Blåbær på brød')
  })

  it('in an encoding that only the server can tell', async () => {
    const nippon = Buffer.from('1b2442467c4b5c1b2842', 'hex')
    const page = Buffer.concat([Buffer.from('<html><body><p>'), nippon, Buffer.from('</p></body></html>')])
    expect(await text(served('text/html; charset=iso-2022-jp', page))).toBe('日本')
    expect(await text(served('text/plain; charset=koi8-r', Buffer.from('f0d2c9d7c5d4', 'hex')))).toBe(
      'Привет',
    )
  })

  it('up to 64 KB, and says that there is more', async () => {
    const page = await served('text/plain', 'ø'.repeat(100_000))
    expect(page).toEqual({ ok: true, text: 'ø'.repeat(32_768), truncated: true })
    const one = await served('text/plain', `x${'ø'.repeat(100_000)}`)
    expect(one).toEqual({ ok: true, text: `x${'ø'.repeat(32_767)}`, truncated: true })
  })
})

describe('F020 a hostile page', () => {
  it('runs nothing and fetches nothing', async () => {
    const at = (path: string) => `${server.url}/${path}`
    const traps = `<script>document.body.innerHTML = '<p>pwned</p>'; fetch('${at('fetch')}')</script>
      <script src="${at('script.js')}"></script><img src="${at('picture.png')}" onerror="alert(1)">
      <iframe src="${at('frame')}"></iframe><object data="${at('object')}"></object><video src="${at('video')}"></video>
      <svg><script href="${at('svg.js')}"></script></svg><style>@import url(${at('style.css')});</style>`
    const head = `<link rel="stylesheet" href="${at('link.css')}"><base href="${at('base/')}"><meta http-equiv="refresh" content="0; url=${at('refresh')}">`
    const page = await text(served('text/html', html(traps + article, head)))
    expect(page).toContain('Norway has a long coast')
    expect(page).not.toMatch(/pwned|alert|@import/)
    expect(server.received.map(({ path }) => path)).toEqual(['/page'])
  })

  it.each<[string, string]>([
    ['nested 100,000 deep', '<div>'.repeat(100_000)],
    ['nested 900 deep, with an article', '<div>'.repeat(900) + article],
    ['of misnested tags', '<b>'.repeat(20_000) + '<p>'.repeat(20_000)],
    ['of nothing but style', `<style>${'a{b:c}'.repeat(300_000)}</style>`],
    ['of 9 MB', '<p>Some words, and some more of them.</p>'.repeat(220_000)],
    [
      'with a table of joke spans',
      `<table>${'<tr><td rowspan=65000 colspan=1000>x</td></tr>'.repeat(2_000)}</table>`,
    ],
  ])('%s ends soon, one way or the other, while the process goes on', async (_, body) => {
    let beats = 0
    const beat = setInterval(() => beats++, 50)
    const began = Date.now()
    const page = await served('text/html', html(body))
    const took = Date.now() - began
    clearInterval(beat)
    expect(took).toBeLessThan(25_000)
    expect(beats).toBeGreaterThan(took / 50 / 4)
    if (page.ok) expect(Buffer.byteLength(page.text)).toBeLessThanOrEqual(65_536)
    else expect(page.reason).toMatch(/could not be read|no text|takes too/)
  })
})

describe('F020 a page is left without text, and why is said, when', () => {
  it.each<[string, string, Buffer | string, number, string]>([
    ['it is not there', 'text/html', 'gone', 404, 'the server answered 404'],
    ['it may not be read', 'text/html', 'no', 403, 'the server answered 403'],
    ['it is a picture', 'image/png', 'x', 200, 'it is image/png, which holds no text'],
    [
      'it is a picture that calls itself a page',
      'text/html',
      Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
      200,
      'it is not what the server says it is',
    ],
    ['it is empty', 'text/html', '', 200, 'it is empty'],
    ['it has no words', 'text/html', html('<img src=x>'), 200, 'it has no text'],
    ['it has more than 10 MB', 'text/html', 'x'.repeat(10_000_001), 200, 'it has more than 10 MB'],
  ])('%s', async (_, type, body, status, expected) => {
    expect(await reason(served(type, body, status))).toBe(expected)
  })

  it('it is a PDF with a password', async () => {
    expect(await reason(served('application/pdf', await fixture('locked.pdf')))).toBe(
      'it is protected with a password',
    )
  })

  it('its address is a private one, or leads to one', async () => {
    const inside = readPage(createGuardedFetch({ allow: [] }), `${server.url}/page`, never)
    expect(await reason(inside)).toMatch(/is a private or reserved address/)
    expect(server.received).toEqual([])
    answer = (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    expect(await reason(read())).toMatch(/169\.254\.169\.254.* is a private or reserved address/)
  })

  it('nobody answers there', async () => {
    const nobody = readPage(createGuardedFetch({ allow: ['127.0.0.1:7'] }), 'http://127.0.0.1:7/', never)
    expect(await reason(nobody)).toMatch(/cannot be reached|another protocol/)
  })

  it('it drips without end: the connection is closed at the limit', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      const drip = setInterval(() => response.write('<p>'), 20)
      response.on('close', () => clearInterval(drip))
    }
    const before = server.cutOff()
    expect(await reason(read(never, 300))).toBe('it did not come within 0.3 s')
    await until('the server to see the close', () => server.cutOff() > before)
  })
})

describe('F020 a cancelled reading ends at once', () => {
  it('while the page comes', async () => {
    answer = () => {}
    const [before, stop] = [server.cutOff(), new AbortController()]
    const reading = read(stop.signal)
    reading.catch(() => {})
    await until('the call to arrive', () => server.received.length === 1)
    stop.abort(new Error('cancelled'))
    await expect(reading).rejects.toThrow('cancelled')
    await until('the server to see the close', () => server.cutOff() > before, 1_000)
  })

  it('while it is read', async () => {
    const stop = new AbortController()
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(html('<p>word</p>'.repeat(800_000)))
      response.on('finish', () => setTimeout(() => stop.abort(new Error('cancelled')), 300))
    }
    const began = Date.now()
    await expect(read(stop.signal)).rejects.toThrow('cancelled')
    expect(Date.now() - began).toBeLessThan(4_000)
  })
})
