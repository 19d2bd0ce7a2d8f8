import { readdirSync, readFileSync } from 'node:fs'
import type { Json } from '../../shared/contract/json.ts'

const folder = new URL('../../docs/steps/', import.meta.url)

/** What a page says came of a definition, and all that has to be known to make it come again. */
export interface ShownRun {
  /** What is to be seen in it, for the test's name. */
  shows?: string
  input?: Json
  /** Of a conversation: what the user says first, and what the page it is said on shares. */
  userMessage?: string
  uiFlowContext?: Record<string, Json>
  /** Of a conversation, by step: who says what, and what is left for the steps that follow. */
  handoffs?: Record<string, Json>
  /** What the model says, in the order in which it is asked; `{ "calls": [[name, arguments]] }` asks for tools. */
  model?: Json[]
  /** By step; a list is answered one after the other. `{ "files": { "name": "text" } }` uploads. */
  answers?: Record<string, Json>
  /** By step, in the same way: `{ decision, comment?, edited?, by? }`. */
  decisions?: Record<string, Json>
  /** Durations that pass in a second, one after the other. */
  passes?: string[]
  /** What systems outside answer to `GET https://…`: a body, a status, or a list of these, one after the other. */
  web?: Record<string, Json>
  /** What the search engine finds. */
  found?: { title: string; url: string; content: string }[]
  /** What the tools of an MCP server give. */
  tools?: Record<string, Json>
  /** What Parley says in the conversation. */
  says?: string[]
  /** Reasons with which answers were refused. */
  refused?: string[]
  /** Where it leads somebody. */
  navigates?: Json[]
  output?: Json
  error?: { code: string; message: string }
  /** Names of the files it made, and of those in the Library. */
  files?: string[]
  library?: string[]
  mails?: Json[]
  notices?: Record<string, string[]>
}

export interface ShownExample {
  page: string
  /** The definition as it stands on the page; a list of steps stands for a definition of them. */
  definition: Record<string, unknown>
  runs: ShownRun[]
}

export interface StepPage {
  name: string
  text: string
  examples: ShownExample[]
  /** Blocks by the word behind `json`: what is set up, or published, before the examples run. */
  setUp: Record<string, Record<string, unknown>[]>
}

/** The pages by name, and the one that leads to them. */
export const pageNames = (): string[] => [
  '../build-a-workflow',
  ...readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -3)),
]

/** Reads a page of `docs/steps`: ` ```json ` is an example, ` ```json run ` a run of the example above it. */
export function readStepPage(name: string): StepPage {
  const text = readFileSync(new URL(`${name}.md`, folder), 'utf8')
  const page: StepPage = { name, text, examples: [], setUp: {} }
  for (const [, word = '', block = ''] of text.matchAll(/^```json *(\S*)\n([\s\S]*?)^```$/gm)) {
    const value = parse(name, block)
    if (word === '') page.examples.push({ page: name, definition: wholeOf(value), runs: [] })
    else if (word === 'run') page.examples.at(-1)?.runs.push(value as ShownRun)
    else page.setUp[word] = [...(page.setUp[word] ?? []), value as Record<string, unknown>]
  }
  return page
}

function parse(name: string, block: string): unknown {
  try {
    return JSON.parse(block)
  } catch (error) {
    throw new Error(`${name}.md holds a block that is no JSON:\n${block}`, { cause: error })
  }
}

const wholeOf = (value: unknown): Record<string, unknown> => ({
  name: 'Example',
  type: 'output_focused',
  ...(Array.isArray(value) ? { steps: value } : (value as object)),
})

/** The part of a page under a heading of the second level. */
export const sectionOf = ({ text }: Pick<StepPage, 'text'>, heading: string): string =>
  new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, 'm').exec(text)?.[1] ?? ''

/** The cells of a table's rows, without its head. Bars inside code, written `\|`, are no borders. */
export const rowsOf = (section: string): string[][] =>
  [...section.matchAll(/^\| (.*) \|$/gm)]
    .map(([, row = '']) => row.split(/ (?<!\\)\| /).map((cell) => cell.trim()))
    .slice(1)
