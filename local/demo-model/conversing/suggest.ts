import type { Json } from '../../../shared/contract/json.ts'
import { subjects, written } from '../material/compare-words.ts'
import type { Prompt } from '../prompt/read-prompt.ts'

/** Prompts about what was just spoken of, by its longest words. */
export const suggest = (prompt: Prompt): Json => {
  const said = (prompt.tagged.get('conversation') ?? '').replace(/\(This is a demo model[^)]*\)/g, '')
  const topics = written(subjects(said.replace(/^(?:User|Agent): /gm, '')), said)
    .filter((word) => word.length > 3 && word.length <= 60)
    .sort((a, b) => b.length - a.length)
    .slice(0, 2)
  return {
    suggestions: [
      ...topics.map((topic) => `Tell me more about “${topic}”`),
      'What can you help me with?',
      'Thank you',
    ].slice(0, 3),
  }
}
