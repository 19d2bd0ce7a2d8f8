import { conversation } from '../conversing/read-agent.ts'
import { best, overlap, subjects } from '../material/compare-words.ts'
import { findDates, findMoney, toIsoDate } from '../material/find-values.ts'
import type { Fact } from '../material/read-material.ts'
import { asClause, asSentence, splitSentences } from '../material/split-sentences.ts'
import { topicOf } from '../material/topics.ts'
import { subjectOfEmail } from '../writing/write-email.ts'
import { writeText } from '../writing/write-text.ts'
import { answerChat, lastWords } from './answer-chat.ts'
import { type Scope, type Slot, spoken } from './scope.ts'
import { matches } from './text-like.ts'

/** The text for a place, told by its format, then by its name, then by the words of its name and description. */
export const findText = (slot: Slot, scope: Scope): string | undefined => {
  const format = slot.schema.format
  if (typeof format === 'string') return byFormat(format, slot, scope)
  const { pattern } = slot.schema
  if (typeof pattern === 'string')
    return tokens(scope).find((token) => token !== '' && matches(pattern, token))
  const name = spoken(slot.name)
  const rule = rules.find(([pattern]) => pattern.test(name))
  const value = rule?.[1](slot, scope)
  if (value !== undefined) return value
  // An item of a list is about its fact: the first text without a rule of its own is that fact.
  if (scope.item && !rule) return rowPart(slot, scope.item) ?? asClause(scope.item.text)
  const called = rowCalled(slot, scope)
  if (called !== undefined && (!identifies.test(name) || /\d/.test(called))) return called
  return rule ? undefined : nearestFact(slot, scope)
}

const company = (_slot: Slot, { deal }: Scope) => deal.customer
/** A name that somebody mentions to an agent: capitals that begin no sentence. */
const namedInMessage = ({ prompt }: Scope): string | undefined =>
  prompt.task === 'agent'
    ? /(?<=[\p{Ll},] )\p{Lu}[\p{L}&'-]+(?: \p{Lu}[\p{L}&'-]+)*/u.exec(prompt.question)?.[0]
    : undefined
const writing = (slot: Slot, { prompt }: Scope) => {
  const limit = Number(slot.schema.maxLength ?? Infinity)
  return writeText(prompt, Number.isFinite(limit) ? Math.max(20, Math.floor(limit / 7)) : undefined)
}

/** Words that the person gives to be passed on: “send an SMS saying: …”. */
const dictated = ({ prompt: { question } }: Scope): string | undefined =>
  /\b(?:saying|that says|with the (?:text|words|message)):?\s+(\S.*)/i
    .exec(question)?.[1]
    ?.replace(/^[“"„](.*)[”"“]\.?$/, '$1')

/** What such a place holds has a figure in it. */
const identifies = /(?:\bid|\bnumber|\bno|\bcode|\bref(?:erence)?|\bsku)$/

/** The first pattern that a name fits decides; a rule that finds nothing leaves it to rows called alike. */
const rules: [RegExp, (slot: Slot, scope: Scope) => string | undefined][] = [
  [
    /^(?:customer|client|company|account|organi[sz]ation|prospect)(?: name)?$/,
    (slot, scope) => (scope.item ? undefined : (company(slot, scope) ?? namedInMessage(scope))),
  ],
  [
    /^(?:q|query|search|search query|search terms?|question|prompt|input|user message|user input)$/,
    (_slot, { prompt }) => lastWords(prompt),
  ],
  [
    /\b(?:city|town|place|location|country|destination)\b/,
    (_slot, scope) =>
      /\b(?:in|at|to|from|for|near) (\p{Lu}[\p{L}-]+(?: \p{Lu}[\p{L}-]+)*)/u.exec(textOf(scope))?.[1],
  ],
  [/^product(?: name)?$/, (_slot, { deal }) => deal.product],
  [
    /^(?:why|reason|reasons|reasoning|explanation|rationale|justification|because)$/,
    (_slot, scope) => explain(scope),
  ],
  [/^(?:reply|answer|response|chat reply)$/, (_slot, { prompt }) => answerChat(prompt)],
  [/^(?:subject|subject line|email subject)$/, (_slot, { prompt }) => subjectOfEmail(prompt)],
  [
    /^(?:headline|title|heading)$/,
    (_slot, scope) => (scope.item ? undefined : (scope.deal.documents[0]?.title ?? scope.deal.customer)),
  ],
  [
    /^(?:body|text|content|draft|document|markdown|proposal|letter|message|script|email(?: body| text)?|summary|overview|abstract|brief|digest)$/,
    (slot, scope) => {
      if (scope.item) return undefined
      return dictated(scope) ?? (scope.prompt.sources.length === 0 ? undefined : writing(slot, scope))
    },
  ],
  [
    /quote|verbatim/,
    (_slot, { facts }) =>
      facts.map((fact) => /[“"„]([^”"“]+)[”"“]/.exec(fact.text)?.[1]).find((quote) => quote !== undefined),
  ],
  [/phone|mobile|telephone/, (_slot, scope) => /\+?\d[\d ()/-]{6,}\d/.exec(textOf(scope))?.[0]],
  [
    /^currency/,
    (_slot, scope) =>
      findMoney(textOf(scope))
        .map((money) => /[A-Z]{3}|€|\$|£/.exec(money)?.[0])
        .find((code) => code !== undefined),
  ],
  [/\b(?:date|deadline|due|when|day)\b/, (slot, scope) => nearestDate(slot, scope)],
  [
    /\b(?:who|contact|person|owner|decision maker|sender|author|recipient|signer|speaker|attendee|by|full name|raised by)\b|^name$/,
    (slot, scope) => personFor(slot, scope),
  ],
  [/\be ?mail(?: address)?$/, (_slot, scope) => /[\w.+-]+@[\w-]+\.[\w.-]*\w/.exec(textOf(scope))?.[0]],
  [identifies, (slot, scope) => identifier(slot, scope)],
]

const byFormat = (format: string, slot: Slot, scope: Scope): string | undefined => {
  const text = textOf(scope)
  if (format === 'date' || format === 'date-time') {
    const iso = toIsoDate(nearestDate(slot, scope) ?? '', scope.deal.since)
    return iso && (format === 'date' ? iso : `${iso}T00:00:00Z`)
  }
  const patterns: Record<string, RegExp> = {
    email: /[\w.+-]+@[\w-]+\.[\w.-]*\w/,
    uri: /https?:\/\/[^\s<>"')]+[^\s<>"').,;]/,
    url: /https?:\/\/[^\s<>"')]+[^\s<>"').,;]/,
    uuid: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i,
    time: /\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})/,
  }
  return patterns[format]?.exec(text)?.[0]
}

const textOf = ({ item, facts, prompt }: Scope) =>
  item ? item.text : [...facts.map((fact) => fact.text), prompt.question].join('\n')
const tokens = (scope: Scope) =>
  textOf(scope)
    .split(/\s+/)
    .flatMap((token) => [token, token.replace(/^[("“'[]+|[)"”'\],.;:!?]+$/g, '')])

const wordsOf = (slot: Slot) => subjects(`${spoken(slot.name)} ${slot.description}`)

/** A row or a "key: value" line whose key says what the place is called. */
const rowCalled = (slot: Slot, { facts, prompt }: Scope): string | undefined => {
  const name = subjects(spoken(slot.name))
  const answered = [...prompt.answers].find(([key]) => overlap(name, key) > 0)
  if (answered) return answered[1]
  const row = best(
    facts.filter((fact) => fact.row),
    (fact) => overlap(name, fact.row!.label),
  )
  return row?.row && [row.row.value, row.row.remark].filter(Boolean).join(', ')
}

const rowPart = (slot: Slot, { row }: Fact): string | undefined => {
  const name = spoken(slot.name)
  if (!row) return undefined
  if (/^(?:name|label|plan|item|title|key|point|metric)$/.test(name)) return row.label
  if (/^(?:value|figure|price|amount|cost)$/.test(name)) return row.value
  if (/^(?:remark|note|notes|comment|includes?|features|details?|description)$/.test(name))
    return row.remark || row.value
  return undefined
}

const nearestDate = (slot: Slot, { facts, prompt, item }: Scope): string | undefined => {
  const about = subjects(
    `${spoken(slot.name)} ${slot.description}`.replace(/\b(?:date|day|when|iso|yyyy|mm|dd)\b/gi, ' '),
  )
  const dated = facts.filter((fact) => findDates(fact.text).length > 0)
  const found = best(
    dated,
    (fact) => overlap(about, `${fact.text} ${fact.row?.label ?? ''}`) + (about.size === 0 || item ? 0.5 : 0),
  )
  const iso = [...prompt.answers].find(
    ([key, value]) => overlap(about, key) > 0 && findDates(value).length > 0,
  )?.[1]
  return iso ? findDates(iso)[0] : found && findDates(found.text)[0]
}

const personFor = (slot: Slot, { deal, item }: Scope): string | undefined => {
  if (item)
    return deal.people.find(
      (person) => item.text.includes(person.name) || item.text.includes(person.name.split(' ')[0]!),
    )?.name
  const about = wordsOf(slot)
  const ours = /sender|author|signer|our|seller/.test(
    `${spoken(slot.name)} ${slot.description}`.toLowerCase(),
  )
  const side = deal.people.filter((person) => person.ours === ours)
  return (best(side, (person) => overlap(about, person.role ?? '')) ?? side[0])?.name
}

/** "order A-1042", "#1042": a word with a figure in it, best behind the word that the name speaks of. */
const identifier = (slot: Slot, scope: Scope): string | undefined => {
  const subject = spoken(slot.name)
    .replace(/\s*\b(?:id|number|no|code|ref|reference|sku)$/, '')
    .trim()
  const code = '#?((?=[\\w-]*\\d)[\\w][\\w-]{1,})'
  const called = subject
    ? new RegExp(`\\b${subject.split(' ').at(-1)}s?\\b(?: (?:id|no\\.?|number|nr\\.?|is))*[:# ]+${code}`, 'i')
    : undefined
  const behind = (text: string) => called?.exec(text)?.[1]
  const alone = (text: string) =>
    /(?<![\w.,])(?:#(\d[\w-]*)|([A-Za-z]{1,6}-?\d[\w-]*))/.exec(text)?.slice(1).find(Boolean)
  if (scope.item) return behind(scope.item.text) ?? alone(scope.item.text)
  const { question, sources } = scope.prompt
  // Nothing but a figure, too long for a year or an amount: “It is 10018”.
  const bare = /(?<![\w.,+-])\d{5,}(?![\w.,-]*\d)/.exec(question)?.[0]
  // What was spoken of last comes first.
  const before = sources.find(({ name }) => name === conversation)?.text.split('\n') ?? []
  const last = before.findLast(behind)
  return (
    behind(question) ??
    alone(question) ??
    bare ??
    (last && behind(last)) ??
    behind(textOf(scope)) ??
    alone(textOf(scope))
  )
}

const nearestFact = (slot: Slot, { facts, deal, prompt }: Scope): string | undefined => {
  const topic = topicOf(spoken(slot.name))
  const ofTopic = topic ? facts.filter((fact) => fact.topic === topic) : []
  if (ofTopic.length)
    return ofTopic
      .slice(0, 3)
      .map((fact) => asSentence(fact.text))
      .join(' ')
  const about = wordsOf(slot)
  const found = best(facts, (fact) => overlap(about, fact.subjects) + overlap(about, fact.heading) * 0.5)
  if (found) return found.kind === 'sentence' ? found.text : asClause(found.text)
  return deal.facts.length === 0 && slot.name === '' ? answerChat(prompt) : undefined
}

const explain = ({ choice, prompt, facts }: Scope): string => {
  if (!choice || choice.because.length === 0) return 'The material does not say enough to give a reason.'
  const about = subjects(choice.because.join(' '))
  const sentence = best(
    facts.filter((fact) => fact.text.length < 240),
    (fact) => overlap(about, fact.subjects),
  )
  const said = sentence
    ? ` The material says: ${asSentence(splitSentences(sentence.text)[0] ?? sentence.text)}`
    : ''
  return `“${choice.value}” shares these words with ${prompt.sources.length ? 'the material' : 'the message'}: ${choice.because.join(', ')}.${said}`
}
