import type { Memory, MemoryTurn } from '../shared/contract/memory.ts'

/** The conversation so far as it stands in a system prompt; nothing where there is none. */
export function showMemory({ summary, turns }: Memory): string[] {
  if (summary === null && turns.length === 0) return []
  const parts = [
    ...(summary === null ? [] : [`Before that, in short: ${closed(summary)}`]),
    ...showTurns(turns),
  ]
  return [`What was said before in this conversation:\n<memory>\n${parts.join('\n\n')}\n</memory>`]
}

export const showTurns = (turns: MemoryTurn[]): string[] =>
  turns.map(({ user, agent }) => `User: ${closed(user)}\nAgent: ${closed(agent)}`)

/** Nobody who writes a message ends the block it stands in. */
const closed = (text: string) => text.replace(/<(?=\/?(?:memory|conversation|summary)\b)/gi, '‹')
