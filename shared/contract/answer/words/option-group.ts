import { bare, wordsOf } from './fold.ts'
import { inDigits } from './numerals.ts'
import { core, type NamedOption } from './options.ts'

/** Options said as one group; `except` leaves those out that its words name. */
export type Group = { options: NamedOption[]; except?: string } | { problem: string }

const ALL = /^(?:all|everything|every 1|each 1|all (?:of )?(?:them|these|those|above|it|options|(\d+)))$/
const BOTH = /^both(?: of (?:them|these|those))?$/
const NONE = /^(?:none|no 1|nothing|neither|none at all|none of (?:them|these|those|above|it))$/
const FIRST = /^(?:(1st|top)|last) (\d{1,3})$/
const RANGE = /^(?:options? |numbers? )?(\d{1,3}) ?(?:-|to|through) ?(\d{1,3})$/
const ALL_BUT =
  /^(?:(?:i'd like|i would like|i want|we want|take|please) )?(?:all(?: of (?:them|these))?|everything|every one|anything),? (?:but|except(?: for)?|besides|apart from|other than|without) (.+)$/i

/** "all", "both", "the first two", "1-3", "everything except the second", and "none" where an option says so. */
export function groupIn(text: string, options: NamedOption[]): Group | undefined {
  const words = core(wordsOf(text)).filter((word) => word !== 'the')
  const phrase = inDigits(words).join(' ')
  const misfit = { problem: `does not fit a list of ${options.length}` }

  const all = ALL.exec(phrase)
  if (all) return all[1] === undefined || Number(all[1]) === options.length ? { options } : misfit
  if (BOTH.test(phrase)) return options.length === 2 ? { options } : misfit
  if (NONE.test(phrase)) {
    const none = options.filter((option) =>
      option.words.some(([first = '']) => /^(none|neither|nothing)$/.test(first)),
    )
    return none.length === 1 ? { options: none } : undefined
  }
  const except = ALL_BUT.exec(text.replace(/\s+/g, ' ').trim())?.[1]
  if (except !== undefined) return { options, except }

  const [, first, said] = FIRST.exec(phrase) ?? []
  const count = Number(said ?? 0)
  if (count > 0) {
    if (count > options.length) return misfit
    return { options: first === undefined ? options.slice(-count) : options.slice(0, count) }
  }
  const [, from, to] = RANGE.exec(inDigits(bare(text).split(' ')).join(' ')) ?? []
  const isRange = Number(from) > 0 && Number(from) < Number(to) && Number(to) <= options.length
  return isRange ? { options: options.slice(Number(from) - 1, Number(to)) } : undefined
}
