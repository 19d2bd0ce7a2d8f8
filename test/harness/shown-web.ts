import type { ServerResponse } from 'node:http'
import type { Json } from '../../shared/contract/json.ts'
import type { ShownRun } from './step-page.ts'
import { type Received, sendJson, startWebServer } from './web-server.ts'

/** The systems outside that pages speak of, on this machine. */
export interface ShownWeb {
  port: number
  /** A SearXNG. */
  searchUrl: string
  /** Lets them answer as a run says. */
  answers(shown: ShownRun): void
  /** A value with their addresses as they are here. */
  here<T>(value: T): T
  /** A value with their addresses as they stand on the page. */
  there<T>(value: T): T
  close(): Promise<void>
}

const host = /https:\/\/([a-z]+\.example(?:\.com)?)(?=[/"])/g

export async function startShownWeb(): Promise<ShownWeb> {
  let found: Json[] = []
  const left = new Map<string, Json[]>()
  const answer = ({ method, path }: Received, response: ServerResponse): void => {
    const isSearch = path.startsWith('/search?')
    const said = isSearch
      ? { results: path.endsWith('pageno=1') ? found : [] }
      : (left.get(`${method} https:/${path}`)?.shift() ?? 404)
    if (typeof said === 'number') response.writeHead(said, { 'retry-after': '0' }).end()
    else if (typeof said === 'string')
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(said)
    else sendJson(response, said)
  }
  const server = await startWebServer(answer)
  const rewrite = <T>(value: T, change: (text: string) => string): T =>
    JSON.parse(change(JSON.stringify(value))) as T
  const web: ShownWeb = {
    port: server.port,
    searchUrl: server.url,
    answers: (shown) => {
      found = web.here(shown.found ?? [])
      left.clear()
      for (const [request, one] of Object.entries(shown.web ?? {}))
        left.set(request, Array.isArray(one) ? [...one] : [one])
    },
    here: (value) => rewrite(value, (text) => text.replaceAll(host, `${server.url}/$1`)),
    there: (value) => rewrite(value, (text) => text.replaceAll(`${server.url}/`, 'https://')),
    close: server.close,
  }
  return web
}
