import type { Message } from '../prompt/read-prompt.ts'

/** What stands as the first message where the task alone says what to do. */
const begin = /^Do now what the task says\.$/

/** The source that holds what was said before. */
export const conversation = 'the conversation so far'

const names: Record<string, string> = { memory: conversation, context: 'what is known' }

/** How an answer begins that asks for what a tool must know. */
export const needs = 'For that I need:'

/** What the person had asked for when the last answer was a question back; what they say now belongs to it. */
export const askedBefore = (system: string): string | undefined => {
  const memory = /<memory>\n([\s\S]*?)\n<\/memory>/.exec(system)?.[1] ?? ''
  const lines = memory.trim().split('\n')
  if (!lines.at(-1)?.startsWith(`Agent: ${needs}`)) return undefined
  return lines.findLast((line) => line.startsWith('User: '))?.slice('User: '.length)
}

/** What was said before, without who said it, and without what the task says anyway: it would be repeated twice. */
const newIn = (memory: string, task: string): string =>
  memory
    .split('\n')
    .map((line) => line.replace(/^(?:User|Agent): /, '').replace(/ *\(This is a demo model[^)]*\)/g, ''))
    .filter((line) => line.trim() === '' || !task.includes(line.trim()))
    .join('\n')

/**
 * An agent's request as any other: its task, memory and context stand in the system message, and memory and context are
 * material. Requests of another kind stay as they are.
 */
export const asPlainRequest = (messages: readonly Message[]): Message[] => {
  const at = messages.findIndex(({ role, text }) => role === 'system' && /^Task: agent$/m.test(text))
  const system = messages[at]?.text
  if (system === undefined) return [...messages]
  const task = /<task>\n([\s\S]*?)\n<\/task>/.exec(system)?.[1] ?? ''
  const behind = system
    .slice(system.indexOf('</task>') + '</task>'.length)
    .replace(
      /<(memory|context)>\n([\s\S]*?)\n<\/\1>/g,
      (_, tag: string, inner: string) =>
        `<file name="${names[tag]}">\n${tag === 'memory' ? newIn(inner, task) : inner}\n</file>`,
    )
    .replace('What was said before in this conversation:', '')
  const earlier = askedBefore(system)
  const last = messages.findLastIndex(({ role }) => role === 'user')
  const isAlone = messages.some(({ role, text }) => role === 'user' && begin.test(text))
  return messages.map((message, index) => {
    if (index === at)
      return { ...message, text: ['Task: agent', ...(isAlone ? [] : [task]), behind].join('\n') }
    if (message.role === 'user' && begin.test(message.text)) return { ...message, text: task }
    return index === last && earlier ? { ...message, text: `${earlier}\n${message.text}` } : message
  })
}
