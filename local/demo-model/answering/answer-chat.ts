import { isObject } from '../../../shared/contract/json.ts'
import { overlap, subjects } from '../material/compare-words.ts'
import { readDocument } from '../material/read-material.ts'
import { asSentence, splitSentences } from '../material/split-sentences.ts'
import type { Prompt } from '../prompt/read-prompt.ts'

/** What the person wrote last: the last paragraph of the last message, without files and without a lead such as "Customer says:". */
export const lastWords = (prompt: Prompt): string =>
  prompt.question
    .replace(/<(\w+)[^>]*>[\s\S]*?<\/\1>/g, '')
    .trim()
    .split(/\n+/)
    .at(-1)!
    .replace(/^[^:]{3,80}: (?=\S)/, '')
    .trim()

/** A short answer in the conversation's own words. It says that it is a demo, as nobody should take it for knowledge. */
export const answerChat = (prompt: Prompt): string => {
  const question = lastWords(prompt)
  const about = subjects(question)
  const known = sentencesOf(prompt, question)
    .map((sentence, at) => ({ sentence, at, points: overlap(about, sentence) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || a.at - b.at)
    .filter(({ points }, _at, [nearest]) => points >= nearest!.points * 0.6)
    .slice(0, 3)
    .sort((a, b) => a.at - b.at)
    .map(({ sentence }) => asSentence(sentence))
  if (known.length)
    return `${known.join(' ')} (This is a demo model: it only repeats what the conversation and its files say.)`
  const asked = question.length > 160 ? `${question.slice(0, 160).replace(/\s\S*$/, '')} …` : question
  return `You wrote: “${asked}” I am a demo model and only repeat what the conversation and its files say; they say nothing on this yet.`
}

const asksForSomething =
  /^(?:answer|write|use|be|do|don't|never|always|reply|keep|when|if|you are|please|make|help|respond|task|words? to|run)\b/i

/** What the conversation states: the material, and the builder's words that are no orders. */
const sentencesOf = (prompt: Prompt, question: string): string[] => {
  const material = prompt.sources.flatMap((source) => readDocument(source).facts.map((fact) => fact.text))
  const stated = [prompt.system, prompt.instruction].flatMap((text) =>
    text.split('\n').flatMap(splitSentences),
  )
  return [
    ...new Set([
      ...material,
      ...stated.filter(
        (sentence) =>
          !asksForSomething.test(sentence.replace(/^[-*] /, '')) &&
          !sentence.endsWith('?') &&
          !sentence.endsWith(':'),
      ),
    ]),
  ].filter(
    (sentence) => sentence !== question && !sentence.includes(question) && !question.includes(sentence),
  )
}

/** Tools that only look, by a word of their name. */
const looks = /(?:^|[._-])(?:get|find|search|look|list|read|fetch|check|show|count|query)/i

/** Fields in which a tool says in words what came of it. */
const wording = ['message', 'answer', 'summary', 'note']

/** A tool's result said in words: sentences as they are, fields one after the other. */
export const answerFromTool = (name: string | undefined, result: string): string => {
  if (/^(?:It failed:|A person did not allow|There is no tool|The arguments )/.test(result))
    return `${name ?? 'The tool'} was of no help. ${result}`
  let value: unknown
  try {
    value = JSON.parse(result)
  } catch {
    value = result
  }
  if (typeof value === 'string' && splitSentences(value).length > 1)
    return `${value.trim()} (This is a demo model: it only repeats what ${name ?? 'the tool'} says.)`
  const said = tell(value, '')
  const isLook = name === undefined || looks.test(name)
  const lead = `${isLook ? 'I looked it up' : 'That is done'}${name ? ` with ${name}` : ''}`
  const words = isObject(value) ? wording.map((key) => value[key]).find((text) => text) : undefined
  if (typeof words === 'string') return `${lead}: ${asSentence(words)}`
  return said.length ? `${lead}: ${said.slice(0, 12).join(', ')}.` : `${lead}, and nothing came back.`
}

const tell = (value: unknown, name: string): string[] => {
  if (value === null || value === undefined || value === '') return []
  if (Array.isArray(value)) return value.flatMap((each) => tell(each, name))
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([key, inner]) =>
      tell(
        inner,
        key
          .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
          .replaceAll('_', ' ')
          .toLowerCase(),
      ),
    )
  const text = String(value).trim().replace(/\.$/, '')
  return [name ? `${name} ${text}` : text]
}
