import { isObject, type Json } from '../../../shared/contract/json.ts'
import { overlap, subjects } from '../material/compare-words.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import type { ChatRequest, Tool } from '../prompt/read-request.ts'
import { lastWords } from './answer-chat.ts'
import { searchTool } from './answer-from-passages.ts'
import { fill, fillSchema } from './fill-schema.ts'
import { resolve } from './schema-walk.ts'
import { scopeOf, spoken } from './scope.ts'

export type ToolDecision =
  | { kind: 'call'; name: string; arguments: Json }
  | { kind: 'ask'; missing: string[] }
  | undefined

/**
 * A tool is called when the prompt's words meet its name, or twice its description, or a rule that names it as `@name`, and the
 * conversation has what the tool must know.
 * One that was called since the last message of the person is not called again.
 */
export const decideTool = (request: ChatRequest, prompt: Prompt, called: readonly string[]): ToolDecision => {
  const { toolChoice } = request
  if (toolChoice === 'none' || request.tools.length === 0) return undefined
  const wanted =
    typeof toolChoice === 'object' ? request.tools.find((tool) => tool.name === toolChoice.name) : undefined
  if (called.length > 0 && wanted) return undefined
  const about = subjects(prompt.question.replace(/<file[\s\S]*?<\/file>/g, ''))
  const points = new Map(
    request.tools.map((tool) => [tool.name, nearness(tool, about) + 2 * ruled(tool, prompt, about)]),
  )
  const ranked = request.tools
    .filter((tool) => !called.includes(tool.name))
    .map((tool) => ({ tool, points: points.get(tool.name) ?? 0 }))
    .sort((a, b) => b.points - a.points)
  // After one result a further tool needs to be spoken of clearly, and about as much as that one.
  const before = Math.max(...called.map((name) => points.get(name) ?? 0), 0)
  const enough = called.length > 0 ? Math.max(4, before * 0.75) : toolChoice === 'required' ? 0 : 2
  const chosen = wanted ?? fittest(ranked, enough, prompt)
  if (!chosen || chosen.name === searchTool) return search(request, prompt, called)
  const missing = missingFor(chosen, prompt)
  if (missing.length > 0 && toolChoice === 'auto') return { kind: 'ask', missing }
  return { kind: 'call', name: chosen.name, arguments: fillSchema(chosen.parameters, prompt) }
}

/** The nearest tool; of those that are about as near one for which the message says all, or else what was said before. */
const fittest = (
  ranked: { tool: Tool; points: number }[],
  enough: number,
  prompt: Prompt,
): Tool | undefined => {
  const [first] = ranked
  if (!first || first.points < enough) return undefined
  const alike = ranked.filter(({ points }) => points >= Math.max(enough, first.points * 0.6))
  const knownBy = (source: Prompt) => alike.find(({ tool }) => missingFor(tool, source).length === 0)
  return (knownBy({ ...prompt, sources: [] }) ?? knownBy(prompt) ?? first).tool
}

/** What nothing else is asked for is looked up, once: whatever it is about. */
const search = ({ tools }: ChatRequest, prompt: Prompt, called: readonly string[]): ToolDecision => {
  const query = lastWords(prompt).slice(0, 500)
  return tools.some(({ name }) => name === searchTool) && !called.includes(searchTool) && query
    ? { kind: 'call', name: searchTool, arguments: { query } }
    : undefined
}

const nearness = (tool: Tool, about: Set<string>) =>
  overlap(subjects(tool.name.replace(/[._-]+/g, ' ')), about) * 2 + overlap(subjects(tool.description), about)

/** What every rule says, whatever it is about. */
const ruleWords = subjects('somebody someone customer user person people wants asks needs run call use tell')

/** How many words the prompt shares with the rules that name a tool. */
const ruled = ({ name }: Tool, { system }: Prompt, about: Set<string>): number => {
  const rules = system.split('\n').filter((line) => line.split(/[^\w@-]+/).includes(`@${name}`))
  const said = subjects(rules.join('\n').replace(/@[\w-]+/g, ' '))
  return overlap(new Set([...said].filter((word) => !ruleWords.has(word))), about)
}

const missingFor = (tool: Tool, prompt: Prompt): string[] => {
  const root = resolve(tool.parameters, tool.parameters)
  const properties = isObject(root.properties) ? root.properties : {}
  return ((root.required as string[]) ?? [])
    .filter(
      (name) =>
        fill(
          { name, description: '', schema: (properties[name] ?? {}) as Record<string, unknown> },
          scopeOf(prompt, root),
        ) === undefined,
    )
    .map(spoken)
}
