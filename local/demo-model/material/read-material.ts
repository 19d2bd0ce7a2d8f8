import { subjects } from './compare-words.ts'
import { readBlocks, type TextBlock } from './read-blocks.ts'
import { asClause, splitSentences } from './split-sentences.ts'
import { type Role, roleOf, type Topic, topicOf } from './topics.ts'

/** One thing that the material says, in its own words. */
export interface Fact {
  text: string
  topic: Topic | undefined
  heading: string
  /** The file it is from. */
  source: string
  role: Role
  kind: 'sentence' | 'item' | 'row'
  /** A row or a "key: value" line in its parts. */
  row?: { label: string; value: string; remark: string }
  subjects: Set<string>
}

export interface Table {
  head: string[]
  rows: string[][]
  heading: string
  source: string
  role: Role
}

export interface Source {
  name: string
  text: string
}

export interface SourceDocument {
  name: string
  title: string
  role: Role
  facts: Fact[]
  tables: Table[]
}

const alreadyRead = new WeakMap<Source, SourceDocument>()

/** Each source is read once, however many parts of an answer look into it. */
export const readDocument = (source: Source): SourceDocument => {
  const document = alreadyRead.get(source) ?? readSource(source)
  alreadyRead.set(source, document)
  return document
}

const readSource = ({ name, text }: Source): SourceDocument => {
  const blocks = readBlocks(text)
  const title = titleOf(blocks, name)
  const role = roleOf(`${name} ${title}`, '')
  const facts: Fact[] = []
  const tables: Table[] = []
  const seen = new Set<string>()
  let heading = ''
  const add = (fact: Pick<Fact, 'text' | 'kind' | 'row'>, topic: Topic | undefined) => {
    if (fact.text === '' || seen.has(fact.text)) return
    seen.add(fact.text)
    facts.push({ ...fact, topic, heading, source: name, role, subjects: subjects(fact.text) })
  }
  for (const block of blocks) {
    if (block.kind === 'heading') heading = block.text === title ? '' : block.text
    else if (block.kind === 'table') {
      // Two columns or three, figures in words: people's "key, value, remark". Wider ones and price lists stay tables.
      tables.push({ head: block.head, rows: block.rows, heading, source: name, role })
      for (const row of block.rows) add({ kind: 'row', ...rowAsFact(row) }, topicOf(heading))
    } else {
      const lead = /^(\p{Lu}[\p{L} ]{2,24}): (?=\S)/u.exec(block.text)?.[1]
      const topic =
        (lead &&
          (['tone', 'never', 'promises'].find((each) => each === topicOf(lead)) as Topic | undefined)) ||
        topicOf(heading)
      const kind = block.kind === 'item' ? 'item' : 'sentence'
      const sentences =
        block.kind === 'item' && block.text.length < 200 ? [block.text] : splitSentences(block.text)
      for (const sentence of sentences) add({ kind, text: sentence, ...keyAndValue(sentence) }, topic)
    }
  }
  return { name, title, role, facts, tables }
}

/** The title is the first heading, or a first line that is no sentence, or the file's name. */
const titleOf = (blocks: readonly TextBlock[], name: string): string => {
  const first = blocks[0]
  if (first?.kind === 'heading') return first.text
  return name.replace(/\.\w{2,4}$/, '').replace(/[-_]+/g, ' ')
}

const rowAsFact = (row: readonly string[]): Pick<Fact, 'text' | 'row'> => {
  const [label = '', value = '', ...rest] = row
  const remark = rest.filter(Boolean).join(', ')
  const joint = /^(?:of|per|from|to|in|on|until)\b/.test(remark) ? ' ' : /^\p{Lu}/u.test(remark) ? '; ' : ', '
  return {
    text: asClause(`${label ? `${label}: ` : ''}${value}${remark ? joint + remark : ''}`),
    row: { label, value, remark },
  }
}

const keyAndValue = (sentence: string): Pick<Fact, 'row'> => {
  const found = /^(\p{Lu}[\p{L}\d ,/-]{1,40}): (\S.*)$/u.exec(sentence)
  return found && sentence.length < 160 && !/^[“"]/.test(found[2]!)
    ? { row: { label: found[1]!, value: asClause(found[2]!), remark: '' } }
    : {}
}
