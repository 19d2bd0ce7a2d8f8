import type { Definition } from './definition.ts'
import { last } from './memory/last.ts'
import { none } from './memory/none.ts'
import type { MemoryStrategy } from './memory/strategy.ts'
import { summary } from './memory/summary.ts'

/** How a conversation is remembered. One file each, by the name that a definition gives. */
export const memoryStrategies = { summary, last, none } satisfies Record<string, MemoryStrategy>

export interface MemorySettings {
  strategy: keyof typeof memoryStrategies
  /** Latest turns that are given in full. */
  turns: number
}

/** What a person said and what was answered. */
export interface MemoryTurn {
  user: string
  agent: string
}

/** What a step with `useMemory` is told of the conversation so far. */
export interface Memory {
  /** Of the turns before `turns`. */
  summary: string | null
  turns: MemoryTurn[]
}

const usual: MemorySettings = { strategy: 'summary', turns: 3 }

/** How the conversations of a workflow are remembered. */
export function memorySettingsOf(definition: Definition): MemorySettings {
  const { strategy = usual.strategy, turns = usual.turns } =
    (definition.type === 'chat_driven' ? definition.chat?.memory : undefined) ?? {}
  return { strategy, turns }
}
