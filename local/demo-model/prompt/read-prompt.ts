import type { Source } from '../material/read-material.ts'
import { type BrandGuide, readBrandGuide } from './read-brand-guide.ts'

/** A message's text, whatever form the protocol gave it. */
export interface Message {
  role: string
  text: string
  /** The tools that an assistant's message calls. */
  calls?: string[]
}

/** What is asked, apart from what it is asked about. */
export interface Prompt {
  system: string
  /** The builder's words, without files and long values. */
  instruction: string
  /** Files, long inline values and results of tools. */
  sources: Source[]
  /** Short "key: value" lines among the builder's words, such as "Customer: Halvorsen". */
  answers: Map<string, string>
  /** Blocks in tags that Parley's own tasks use: text, sources, findings. */
  tagged: Map<string, string>
  guide: BrandGuide
  /** What the person wrote last. */
  question: string
  /** `Task: review` in the system message. */
  task: string | undefined
}

const fileBlock = /<file\s+name="([^"]*)"[^>]*>\n?([\s\S]*?)(?:<\/file>|$)/g
const tagBlock =
  /<(text|sources|findings|comment|criteria|conversation|transcript|summary)>\n?([\s\S]*?)<\/\1>/g

export const readPrompt = (messages: readonly Message[]): Prompt => {
  const system = textOf(messages, ['system', 'developer'])
  const user = messages.filter((message) => message.role === 'user').map((message) => message.text)
  const question = user.at(-1) ?? ''
  const tagged = new Map<string, string>()
  for (const [, tag, inner] of question.matchAll(tagBlock)) tagged.set(tag!, inner!.trim())

  const sources: Source[] = []
  for (const text of [system, ...user]) {
    for (const [, name, inner] of text.matchAll(fileBlock)) {
      const source = { name: unescaped(name!), text: inner!.trim() }
      if (
        source.text !== '' &&
        !sources.some((each) => each.name === source.name && each.text === source.text)
      )
        sources.push(source)
    }
  }
  for (const tag of ['conversation', 'transcript', 'sources']) {
    const inner = tagged.get(tag)?.replace(fileBlock, '').trim()
    if (inner) sources.push({ name: tag, text: inner })
  }
  const { instruction, inline } = setApart(question.replace(fileBlock, '\n').replace(tagBlock, '\n'))
  if (inline !== '') sources.push({ name: 'the prompt', text: inline })
  for (const message of messages)
    if (message.role === 'tool') sources.push({ name: 'the tool’s result', text: message.text })

  return {
    system,
    instruction,
    sources,
    answers: readAnswers(instruction),
    tagged,
    guide: readBrandGuide(system, sources),
    question,
    task: /^Task: *([\w-]+)/m.exec(system)?.[1]?.toLowerCase(),
  }
}

const textOf = (messages: readonly Message[], roles: readonly string[]) =>
  messages
    .filter((message) => roles.includes(message.role))
    .map((message) => message.text)
    .join('\n\n')

const unescaped = (text: string) =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/**
 * A long value stands after a line that ends with a colon, or begins with a Markdown heading or a greeting. What follows up to a paragraph
 * that asks for something again is the value.
 */
const setApart = (text: string): { instruction: string; inline: string } => {
  const lines = text.split('\n')
  const starts = lines.findIndex((line, at) => {
    if (/^#{1,6} \S/.test(line) || (at > 0 && /^(?:Dear|Hello|Hi|Good (?:morning|day)) .*,$/.test(line)))
      return true
    return (
      at > 0 &&
      /:\s*$/.test(lines.slice(0, at).findLast((each) => each.trim() !== '') ?? '') &&
      isLong(lines.slice(at).join('\n')) &&
      line.trim() !== '' &&
      !/^\s*[-*\d]/.test(line)
    )
  })
  if (starts < 0) return { instruction: text.replace(/\n{3,}/g, '\n\n').trim(), inline: '' }
  const asksAgain = lines.findIndex(
    (line, at) => at > starts && (lines[at - 1] ?? '').trim() === '' && asks.test(line),
  )
  const ends = asksAgain < 0 ? lines.length : asksAgain
  const instruction = [...lines.slice(0, starts), ...lines.slice(ends)].join('\n')
  return { instruction: instruction.trim(), inline: lines.slice(starts, ends).join('\n').trim() }
}

const asks =
  /^(?:the (?:reviewer|approver)|reviewer|comment|requested changes?|feedback|apply|change|now|please|use only|write|make|shorten|keep|mention)\b/i
const isLong = (text: string) => text.trim().length > 160 || text.trim().split('\n').length > 3

const readAnswers = (instruction: string): Map<string, string> =>
  new Map(
    [...instruction.matchAll(/^\s*(?:[-*] )?(\p{Lu}[\p{L} ]{1,30}): +(\S.{0,200})$/gmu)]
      .filter(
        ([, key]) =>
          !/^(?:write|use|note|rules?|tone|style|format|length|language|sections?|headings?|criteria|task|the reviewer)/i.test(
            key!,
          ),
      )
      .map(([, key, value]) => [key!.trim().toLowerCase(), value!.trim()]),
  )
