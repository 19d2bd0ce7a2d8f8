import { overlap, subjects, written } from '../material/compare-words.ts'
import type { Prompt } from '../prompt/read-prompt.ts'

export interface Choice {
  value: string
  /** The words that decided, for an explanation. */
  because: string[]
  /** 0 to 1: how clearly it won. */
  confidence: number
}

const fallback = /^(?:other(?:wise)?|none|unknown|no[ _-]?match|nothing|default|unclear|general|neutral)$/i

/** An option that says that none of the others fits. */
export const isFallback = (option: string): boolean => fallback.test(option)

/**
 * Which of the options the text is about: by the words that it shares with the option's name, its description in the prompt and the file
 * that bears its name. Nobody in common: the option that says "none", else the first.
 */
export const chooseOption = (options: readonly string[], text: string, prompt: Prompt, hint = ''): Choice => {
  const about = subjects(text)
  const scored = options
    .filter((option) => !fallback.test(option) || options.length === 1)
    .map((option) => {
      const described = subjects(describe(option, prompt, hint))
      const named = subjects(option)
      const common = [...about].filter((word) => described.has(word) || named.has(word))
      return { option, common, points: common.length + overlap(named, about) * 1.5 + likeness(option, text) }
    })
    .sort((a, b) => b.points - a.points)
  const [winner, second] = scored
  if (!winner || winner.points < 0.5)
    return {
      value: options.find((option) => fallback.test(option)) ?? options[0] ?? '',
      because: [],
      confidence: 0.2,
    }
  const lead = winner.points / (winner.points + (second?.points ?? 0))
  return {
    value: winner.option,
    because: written(new Set(winner.common), text).slice(0, 6),
    confidence: Math.round(Math.min(0.99, lead) * 100) / 100,
  }
}

/** What the prompt says of an option: lines "- order: asks about an order", and the file called so. */
const describe = (option: string, prompt: Prompt, hint: string): string => {
  const name = option.toLowerCase()
  const lines = [prompt.system, prompt.question.replace(/<file[\s\S]*?<\/file>/g, ''), hint]
    .join('\n')
    .split('\n')
  const at = lines.findIndex((line) =>
    new RegExp(
      `^\\s*(?:[-*•]|\\d+[.)])?\\s*["“\`*]*${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}["”\`*]*\\s*(?:[:–—=(]|-\\s)`,
      'i',
    ).test(line),
  )
  const said = at < 0 ? '' : [lines[at], ...takeIndented(lines.slice(at + 1))].join(' ')
  const file = prompt.sources.find(
    (source) =>
      source.name.toLowerCase() === name ||
      source.name.toLowerCase().replace(/\.\w+$/, '') === name ||
      (name.length > 5 && source.text.slice(0, 120).toLowerCase().includes(name)),
  )
  return `${said} ${file?.text ?? ''}`
}

const takeIndented = (lines: string[]) => {
  const end = lines.findIndex((line) => !/^\s{2,}\S|^\s*examples?:/i.test(line))
  return lines.slice(0, end < 0 ? lines.length : end)
}

/** Shared beginnings of words count a little: "refunding" for "refund_request". */
const likeness = (option: string, text: string): number => {
  const starts = new Set(
    [...subjects(text)].filter((word) => word.length > 4).map((word) => word.slice(0, 5)),
  )
  return [...subjects(option)].some((word) => word.length > 4 && starts.has(word.slice(0, 5))) ? 0.6 : 0
}

/** Entailment by words: some sentence has most of the claim's words, and no "not" that the claim lacks. Undefined: nothing is said. */
export const isSaid = (claim: string, sentences: readonly string[]): boolean | undefined => {
  const about = subjects(
    claim.replace(
      /\b(?:whether|true|false|if|was|is|did|customer|user|boolean|asks?|wants?|mentions?|conversation|material|text)\b/gi,
      ' ',
    ),
  )
  if (about.size === 0) return undefined
  const near = sentences
    .map((sentence) => ({ sentence, share: overlap(about, sentence) / about.size }))
    .sort((a, b) => b.share - a.share)[0]
  if (!near || near.share < 0.5) return undefined
  return negated(partAbout(near.sentence, about)) === negated(claim)
}

/** From the first word that the claim shares to the last, and two words before: a "not" elsewhere is about something else. */
const partAbout = (sentence: string, about: Set<string>): string => {
  const all = sentence.split(/\s+/)
  const hits = all.flatMap((word, at) => (overlap(about, word) > 0 ? [at] : []))
  return all.slice(Math.max(0, (hits[0] ?? 0) - 2), (hits.at(-1) ?? all.length) + 1).join(' ')
}

const negated = (text: string) =>
  /\b(?:not|no|never|none|nobody|without|cannot|can't|won't|isn't|wasn't|didn't|doesn't|don't)\b/i.test(text)
