import { overlap, subjects } from '../material/compare-words.ts'
import { asSentence, splitSentences } from '../material/split-sentences.ts'

/** The tool with which an agent searches its knowledge bases. */
export const searchTool = 'search_knowledge'

const passage = /<passage number="(\d+)"[^>]*>\n([\s\S]*?)\n<\/passage>/g

interface Found {
  sentence: string
  /** Of its passage; none where it was said before. */
  number?: string | undefined
  at: number
  points: number
}

/**
 * The sentences of what a search found that are nearest to the question, each with the number of its passage; or what was
 * said before, where that is nearer.
 */
export const answerFromPassages = (question: string, result: string, before = ''): string => {
  const about = subjects(question)
  const said = before
    .split('\n')
    .flatMap(splitSentences)
    .filter((sentence) => !sentence.endsWith('?'))
    .map((sentence): Found => ({ sentence, at: Number.MAX_SAFE_INTEGER, points: overlap(about, sentence) }))
  const passages = [...result.matchAll(passage)].flatMap(([, number, text = ''], at) =>
    text
      .split('\n')
      .map((line) => line.replace(/^\s*(?:[-*•]|\d+\.|#+)\s+/, ''))
      .filter((line) => !/^\|[\s|:-]+\|$/.test(line))
      .flatMap(splitSentences)
      .map((sentence): Found => ({ sentence, number, at, points: overlap(about, sentence) })),
  )
  const nearest = [...passages, ...said]
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || a.at - b.at)
    .filter(({ points }, _at, [first]) => points >= first!.points * 0.7)
    .slice(0, 2)
  // Where no sentence shares a word with the question, the passage that fits best says more than nothing.
  const chosen = nearest.length > 0 ? nearest : passages.slice(0, 2)
  if (chosen.length === 0)
    return 'The knowledge base says nothing on this. (This is a demo model: it only repeats what it finds.)'
  const words = chosen
    .map(({ sentence, number }) => `${asSentence(sentence)}${number ? ` [${number}]` : ''}`)
    .join(' ')
  return `${words} (This is a demo model: it only repeats what it finds.)`
}
