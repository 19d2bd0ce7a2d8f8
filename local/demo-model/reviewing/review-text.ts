import { overlap, subjects } from '../material/compare-words.ts'
import { readDocument, type Source } from '../material/read-material.ts'
import { splitSentences } from '../material/split-sentences.ts'
import { type BrandGuide, findAvoided } from '../prompt/read-brand-guide.ts'
import { readKnown } from './check-facts.ts'
import { breachesOf, superlatives } from './check-rules.ts'

export interface Finding {
  criterion: string
  severity: 'low' | 'medium' | 'high'
  /** Stands in the text exactly so. */
  quote: string
  message: string
  /** The sentence of the sources that comes nearest. */
  source?: string
}

export interface Criterion {
  name: string
  rules: string
}

export interface ReviewTask {
  text: string
  criteria: Criterion[]
  sources: Source[]
  guide: BrandGuide
}

/** What is wrong with a text, as far as rules can tell. No rule broken: an empty list. */
export const reviewText = (task: ReviewTask): Finding[] => {
  const findings = task.criteria.flatMap((criterion) => checkFor(criterion)(task, criterion))
  return findings.filter(
    (finding, at) =>
      findings.findIndex((each) => each.quote === finding.quote && each.message === finding.message) === at,
  )
}

type Check = (task: ReviewTask, criterion: Criterion) => Finding[]

const checkFor = ({ name }: Criterion): Check => {
  if (/^brand[ _-]?voice$/i.test(name))
    return (task, criterion) => [...brandVoice(task, criterion), ...ownRules(task, criterion)]
  if (/^compliance$/i.test(name))
    return (task, criterion) => [...compliance(task, criterion), ...ownRules(task, criterion)]
  if (/^factual$/i.test(name)) return factual
  return ownRules
}

const brandVoice: Check = ({ text, guide }, { name }) => [
  ...guide.avoid.flatMap((word) =>
    findAll(text, word).map(
      (quote): Finding => ({
        criterion: name,
        severity: 'medium',
        quote,
        message: `“${quote}” is among the words to avoid.`,
      }),
    ),
  ),
  ...superlatives(text)
    .filter((quote) => findAvoided(quote, guide.avoid) === undefined)
    .map(
      (quote): Finding => ({
        criterion: name,
        severity: 'low',
        quote,
        message: quote.endsWith('!')
          ? 'An exclamation mark: say it calmly.'
          : `“${quote}” praises without saying anything that can be checked.`,
      }),
    ),
]

const promises =
  /\b(?:guarantee(?:s|d)?|risk[- ]free|without any risk|no risk|never fails?|always works?|money[- ]back|fully compliant|100 ?%(?= |[.,;])|100 percent)/giu

const compliance: Check = ({ text }, { name }) =>
  splitSentences(flat(text)).flatMap((sentence) =>
    [...sentence.matchAll(promises)]
      .filter(
        (found) =>
          !/\b(?:no|not|never|without|cannot)\s+(?:\p{L}+\s+)?$/iu.test(sentence.slice(0, found.index)),
      )
      .map(
        (found): Finding => ({
          criterion: name,
          severity: 'high',
          quote: found[0],
          message: `“${found[0]}” promises what nobody can keep in every case.`,
        }),
      ),
  )

const factual: Check = ({ text, sources, guide }, { name }) => {
  if (sources.length === 0) return []
  const told = sources.flatMap((source) => splitSentences(flat(source.text)))
  const known = readKnown(told, guide.name ?? '')
  const statements = sources.flatMap((source) => readDocument(source).facts.map((fact) => fact.text))
  return sentencesIn(text).flatMap((sentence) => {
    const problems = [
      ...known.strangeNumbers(sentence).map((number) => `The sources do not say ${number} here.`),
      ...known.strangeNames(sentence).map((word) => `The name “${word}” does not occur in the sources.`),
    ]
    if (problems.length === 0) return []
    const nearest = statements
      .map((each) => ({ each, points: overlap(subjects(sentence), each) }))
      .sort((a, b) => b.points - a.points)[0]
    return [
      {
        criterion: name,
        severity: 'high',
        quote: sentence,
        message: problems.join(' '),
        ...(nearest && nearest.points > 1 && { source: nearest.each }),
      } satisfies Finding,
    ]
  })
}

const ownRules: Check = ({ text }, { name, rules }) =>
  splitSentences(flat(rules)).flatMap((rule) =>
    breachesOf(rule, text).map(
      ({ quote, message }): Finding => ({ criterion: name, severity: 'medium', quote, message }),
    ),
  )

const findAll = (text: string, word: string): string[] => [
  ...new Set(
    [
      ...text.matchAll(
        new RegExp(
          `(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`,
          'giu',
        ),
      ),
    ].map(([found]) => found),
  ),
]

const flat = (text: string) => text.replace(/\s+/g, ' ')

/** Sentences as they stand, so that each can be quoted: lines of lists and tables one by one, headings left out. */
const sentencesIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => !/^\s*(?:#|\|?\s*:?-{2,}|```)/.test(line))
    .flatMap((line) =>
      /^\s*\|/.test(line) ? [line.trim()] : splitSentences(line.replace(/^\s*(?:[-*•]|\d{1,2}[.)])\s+/, '')),
    )
    .filter((sentence) => text.includes(sentence))
