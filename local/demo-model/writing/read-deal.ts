import { best, subjects } from '../material/compare-words.ts'
import { customerIn, findPeople, type Person, subjectOfTitle } from '../material/find-names.ts'
import { findDates, findMoney, toIsoDate } from '../material/find-values.ts'
import { type Fact, readDocument, type SourceDocument, type Table } from '../material/read-material.ts'
import type { Topic } from '../material/topics.ts'
import { findAvoided } from '../prompt/read-brand-guide.ts'
import type { Prompt } from '../prompt/read-prompt.ts'

/** Everything that a customer's paper can be written from, each fact in one place. */
export interface Deal {
  customer: string | undefined
  people: Person[]
  /** When the notes were taken, as they say it. */
  day: string | undefined
  /** The same as ISO date: dates without a year come after it. */
  since: string | undefined
  product: string | undefined
  /** The customer that the case study is about. */
  reference: string | undefined
  prices: Table | undefined
  documents: SourceDocument[]
  /** In the order of the material, without what is for our eyes only when the reader is the customer. */
  facts: Fact[]
  of(topic: Topic, role?: Fact['role']): Fact[]
}

/** Notes are honest about rivals and doubts; the customer need not read them. */
const internal =
  /\b(?:rivals?|competitors?|veto|cheaper|internal(?:ly)?|confidential|not for distribution|stops? reading|margin|never say|discount limit)\b/i

export const readDeal = (prompt: Prompt, reader: 'customer' | 'colleague'): Deal => {
  const documents = prompt.sources.map(readDocument)
  const everything = documents.flatMap((document) => document.facts)
  const facts = everything
    .filter((fact) => findAvoided(fact.text, prompt.guide.avoid) === undefined)
    .flatMap((fact) => (reader === 'customer' ? forCustomer(fact) : [fact]))
  const notes = documents.find((document) => document.role === 'customer') ?? documents[0]
  const day =
    findDates(
      notes?.facts
        .slice(0, 3)
        .map((fact) => fact.text)
        .join(' ') ?? '',
    )[0] ?? findDates(notes?.title ?? '')[0]
  const titled = (role: Fact['role']) => {
    const document = documents.find((each) => each.role === role)
    return document && (subjectOfTitle(document.title) ?? undefined)
  }
  return {
    customer: customerOf(prompt, documents),
    people: findPeople([...prompt.sources, { name: 'instruction', text: prompt.instruction }]),
    day,
    since: day ? toIsoDate(day) : undefined,
    product: titled('product'),
    reference: titled('case'),
    prices: best(
      documents.flatMap((document) => document.tables),
      (table) => pricesIn(table) * (table.role === 'product' ? 2 : 1),
    ),
    documents,
    facts,
    of: (topic, role) =>
      facts.filter((fact) => fact.topic === topic && (role === undefined || fact.role === role)),
  }
}

const customerOf = (prompt: Prompt, documents: SourceDocument[]): string | undefined => {
  for (const [key, value] of prompt.answers)
    if (/customer|client|company|account|prospect|organi[sz]ation/.test(key))
      return value.replace(/[.;]$/, '')
  const named = /\b(?:for|to) ((?:\p{Lu}[\p{L}&'-]*)(?: (?:\p{Lu}[\p{L}&'-]*|&))*)/u.exec(
    prompt.instruction.replace(/^Task:.*/gm, ''),
  )?.[1]
  const found = customerIn(documents, prompt.sources)
  if (
    named &&
    (named.includes(' ') || !found) &&
    !/^(?:The|Our|A|Internal|Markdown)\b/.test(named) &&
    !findPeople(prompt.sources).some((person) => person.name.startsWith(named))
  )
    return found?.startsWith(named) ? found : named
  return found
}

const pricesIn = (table: Table) => {
  const priced = table.rows.filter((row) => row.some((cell) => findMoney(cell).length > 0)).length
  return priced >= 2 && priced === table.rows.length ? priced : 0
}

const forCustomer = (fact: Fact): Fact[] => {
  if (
    fact.topic === 'tone' ||
    fact.topic === 'never' ||
    (fact.row && internal.test(`${fact.row.label} ${fact.row.value}`))
  )
    return []
  if (!internal.test(fact.text)) return [fact]
  if (!fact.row) return []
  // A row keeps those clauses of its remark that the customer may read.
  const remark = fact.row.remark
    .split(/,\s+/)
    .filter((clause) => !internal.test(clause))
    .join(', ')
  const text = `${fact.row.label}: ${fact.row.value}${remark ? `, ${remark}` : ''}`
  return internal.test(text)
    ? []
    : [{ ...fact, text, row: { ...fact.row, remark }, subjects: subjects(text) }]
}

/** "Halvorsen" for Halvorsen Logistik AS. */
export const shortName = (name: string): string => name.split(' ')[0]!

/** Someone of theirs or ours by first or last name. */
export const personCalled = (people: readonly Person[], name: string): Person | undefined =>
  people.find((person) => person.name === name || person.name.split(' ').includes(name))
