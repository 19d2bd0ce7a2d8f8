import { clip } from '../answering/scope.ts'
import type { Prompt } from '../prompt/read-prompt.ts'

const mostOfOne = 160
const most = 3_000

/** A summary without understanding: the beginning of what each side said, the oldest left out where it gets too long. */
export const condense = (prompt: Prompt): string => {
  const before = (prompt.tagged.get('summary') ?? '').split('\n')
  const said = (prompt.tagged.get('conversation') ?? '').matchAll(
    /^User: ([\s\S]*?)\nAgent: ([\s\S]*?)(?=\n\nUser: |$(?![\s\S]))/gm,
  )
  const turns = [...said].map(
    ([, user = '', agent = '']) => `They wrote “${short(user)}”, and heard “${short(agent)}”.`,
  )
  const lines = [...before, ...turns].filter((line) => line.trim() !== '')
  while (lines.length > 1 && lines.join('\n').length > most) lines.shift()
  return lines.join('\n') || 'Nothing was said yet.'
}

const short = (text: string) => clip(text.replace(/\s+/g, ' ').trim(), mostOfOne)
