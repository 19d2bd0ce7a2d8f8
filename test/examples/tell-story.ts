import type { RunEvent } from '../../client/http.ts'

/** What somebody does in a story: `you` and `colleague` say words; the others are done. */
export interface Act {
  name: 'you' | 'colleague' | 'allow' | 'take' | 'return'
  words: string
}

const deeds: [Act['name'], RegExp][] = [
  ['you', /^you> (.*)$/],
  ['colleague', /^colleague> (.*)$/],
  ['allow', /^\(you allow it\)()$/],
  ['take', /^\(a colleague takes the conversation\)()$/],
  ['return', /^\(the colleague hands back\)()$/],
]

/** The transcript of a page, from all its blocks, and what is done in it, in order. */
export function readStory(page: string): { lines: string; acts: Act[] } {
  const lines = [...page.matchAll(/^```transcript\n([\s\S]*?)^```/gm)].map(([, text = '']) => text).join('')
  const acts = lines.split('\n').flatMap((line): Act[] => {
    for (const [name, pattern] of deeds) {
      const words = pattern.exec(line)?.[1]
      if (words !== undefined) return [{ name, words }]
    }
    return []
  })
  return { lines, acts }
}

/** Tells what was streamed of a conversation in the words of such a transcript. */
export const tellStory = (seen: RunEvent[]): string => seen.map(lineOf).join('')

function lineOf({ event, data }: RunEvent): string {
  if (event === 'message')
    return said(data.role === 'user' ? 'you' : data.by ? 'colleague' : 'assistant', data.text)
  if (event === 'navigate') {
    const given = Object.entries(data.parameters).map(([name, value]) => `${name}: ${value}`)
    return said('page', `${data.title}${given.length > 0 ? ` (${given.join(', ')})` : ''}`)
  }
  if (event === 'requestOpened' && data.kind === 'approval')
    return said('asks', `${data.question} ${bare(data.artifact?.text ?? '')}`)
  if (event === 'requestClosed' && data.kind === 'approval')
    return data.outcome === 'approved' ? '(you allow it)\n' : `(${data.outcome})\n`
  if (event === 'handoffTaken') return '(a colleague takes the conversation)\n'
  if (event === 'handoffReturned') return '(the colleague hands back)\n'
  return ''
}

/** Further lines stand under the first. */
const said = (who: string, text: string): string =>
  `${who}> ${text
    .trimEnd()
    .split('\n')
    .map((line, at) => (at > 0 && line !== '' ? `  ${line.trimEnd()}` : line.trimEnd()))
    .join('\n')}\n`

const bare = (json: string): string => json.replace(/```\w*|\s+/g, ' ').trim()
