import { readFileSync } from 'node:fs'
import type { Json } from '../../shared/contract/json.ts'
import { isObject } from '../../shared/contract/json.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { isUuid } from '../../shared/contract/uuid.ts'
import { cleanPath, pathProblem } from '../prompts/find-path.ts'
import { UsageError } from '../usage-error.ts'

/** What to send for a question: a value, or paths of files to upload, or ids of files that were uploaded before. */
export type GivenAnswer = { value: Json } | { paths: string[]; fileIds: string[] }

/**
 * Answers given beforehand, by step id. Several for one step are a list where the question takes a list, and otherwise one
 * for each time the question comes; the last one serves from then on.
 */
export class GivenAnswers {
  private readonly lists: Map<string, Json[]>
  private readonly used = new Set<string>()

  constructor(lists: Map<string, Json[]>) {
    this.lists = lists
  }

  /** The answer for a question, when there is one. @throws UsageError when it names a file that is not there */
  take({ stepId, answer }: OpenRequest): GivenAnswer | undefined {
    const list = this.lists.get(stepId)
    if (!list || list.length === 0 || !answer) return undefined
    this.used.add(stepId)
    const takesList = answer.type === 'file' || (answer.type === 'choice' && answer.multiple)
    const values = takesList ? list.flat() : [list.length > 1 ? (list.shift() as Json) : (list[0] as Json)]
    if (answer.type === 'file') return filesOf(values.map(String), stepId)
    const read = values.map((value) => readValue(value, stepId))
    return { value: takesList ? read : (read[0] as Json) }
  }

  /** Keys that no question asked for: usually misspelt. */
  get unused(): string[] {
    return [...this.lists.keys()].filter((key) => !this.used.has(key))
  }
}

/** From `--answer key=value` (repeated) and `--answers file.json` (`{ "key": value or [values] }`). */
export function readGivenAnswers(pairs: string[] = [], file?: string): GivenAnswers {
  const lists = new Map<string, Json[]>()
  const add = (key: string, ...values: Json[]) => lists.set(key, [...(lists.get(key) ?? []), ...values])
  if (file !== undefined)
    for (const [key, value] of Object.entries(readObject(file)))
      add(key, ...(Array.isArray(value) ? value : [value]))
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1)
      throw new UsageError(
        `--answer is written key=value, where key is the id of the step that asks; “${pair}” came.`,
      )
    add(pair.slice(0, at), pair.slice(at + 1))
  }
  // A file that is not there is said before anything starts.
  for (const [key, values] of lists)
    for (const value of values.flat())
      if (typeof value === 'string' && /^@(?!@)/.test(value)) existing(value, key)
  return new GivenAnswers(lists)
}

/** `@path` is the text of that file, and `@@` begins a text that begins with @: as curl has it. */
function readValue(value: Json, stepId: string): Json {
  if (typeof value !== 'string' || !value.startsWith('@')) return value
  if (value.startsWith('@@')) return value.slice(1)
  return readFileSync(existing(value, stepId), 'utf8')
}

function filesOf(values: string[], stepId: string): GivenAnswer {
  return {
    fileIds: values.filter(isUuid),
    paths: values.filter((value) => !isUuid(value)).map((value) => existing(value, stepId)),
  }
}

function existing(value: string, stepId: string): string {
  const path = cleanPath(value.replace(/^@/, ''))
  const problem = pathProblem(path)
  if (problem) throw new UsageError(`The answer for “${stepId}” cannot be taken: ${problem}`)
  return path
}

/** A JSON object from a file, for options. */
export function readObject(file: string): Record<string, Json> {
  const path = cleanPath(file)
  const problem = pathProblem(path)
  if (problem) throw new UsageError(problem)
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isObject(value)) return value as Record<string, Json>
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`)
  }
  throw new UsageError(`${path} must hold a JSON object: { "key": value, … }.`)
}
