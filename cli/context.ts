import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectHttp, type ParleyHttp } from '../client/http.ts'
import type { Dialogue } from './prompts/dialogue.ts'
import { createPrompts } from './screen/prompts.ts'
import { Screen } from './screen/screen.ts'
import { canAsk, type Terminal } from './screen/terminal.ts'
import { UsageError } from './usage-error.ts'

export interface GlobalOptions {
  url?: string
  key?: string
  json?: boolean
  verbose?: boolean
}

/** What every command works with. */
export interface Context {
  client: ParleyHttp
  terminal: Terminal
  screen: Screen
  /** How people are asked: only where somebody sits at a terminal and no JSON is wanted. */
  dialogue: Dialogue | undefined
  json: boolean
  /** Writes a line, or in JSON one object. */
  print(lines: string[], object: unknown): void
  /** What the process ends with. */
  end(exitCode: number): void
}

export function createContext(
  { url, key, json = false }: GlobalOptions,
  terminal: Terminal,
  end: (exitCode: number) => void,
  env: Record<string, string | undefined> = process.env,
): Context {
  const baseUrl = url ?? defaultUrl(env)
  if (!isAddress(baseUrl))
    throw new UsageError(`--url is an address such as http://localhost:3000; “${baseUrl}” came.`)
  const client = connectHttp({ baseUrl, apiKey: key || env.PARLEY_API_KEY || undefined })
  const screen = new Screen(terminal)
  const dialogue =
    !json && canAsk(terminal) ? { client, screen, prompts: createPrompts(terminal, screen) } : undefined
  const print = (lines: string[], object: unknown) => {
    if (json) terminal.output.write(`${JSON.stringify(object)}\n`)
    else for (const line of lines) screen.say(line)
  }
  return { client, terminal, screen, dialogue, json, print, end }
}

/** Where Parley is when nothing is said: a wrong variable counts as unset here, and `doctor` explains it. */
export const defaultUrl = (env: Record<string, string | undefined>): string =>
  isAddress(env.PARLEY_PUBLIC_URL)
    ? env.PARLEY_PUBLIC_URL
    : (!env.PORT && runningHere(env)) || `http://localhost:${Number(env.PORT) || 3000}`

/** What `npm start` in this folder says of itself, whatever port it was given. */
function runningHere(env: Record<string, string | undefined>): string | undefined {
  try {
    const holder = join(env.PARLEY_DATA_DIR || '.parley', 'run', 'main.json')
    const { api } = JSON.parse(readFileSync(holder, 'utf8')) as { api?: string }
    return isAddress(api) ? api : undefined
  } catch {
    return undefined
  }
}

const isAddress = (text: string | undefined): text is string =>
  text !== undefined && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
