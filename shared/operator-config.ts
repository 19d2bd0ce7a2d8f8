import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Prices } from './contract/prices.ts'

/** A program that speaks MCP over its standard input and output. It gets this environment, and little of ours. */
const McpProgram = z.strictObject({
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
})

const OperatorConfig = z.strictObject({
  /** By the name under which an app's admin may add one. */
  mcpServers: z
    .record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name of letters, digits, _ and -'), McpProgram)
    .default({}),
  /** What models cost: without a price, a call has no cost. */
  prices: Prices.default({}),
})

/** What only who runs Parley may say: the file that `PARLEY_CONFIG` names. */
export type OperatorConfig = z.infer<typeof OperatorConfig>

/** The file at a path, or what is wrong with it. Its values may be secret, so none is quoted. */
export function readOperatorFile(
  path: string,
): { ok: true; config: OperatorConfig } | { ok: false; reason: string } {
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    return { ok: false, reason: `a file of JSON, which ${path} is not (${Object(error).code ?? 'no JSON'})` }
  }
  const parsed = OperatorConfig.safeParse(given)
  if (parsed.success) return { ok: true, config: parsed.data }
  const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'all'}: ${message}`)
  return { ok: false, reason: `other words in ${path}: ${problems.join('; ')}` }
}
