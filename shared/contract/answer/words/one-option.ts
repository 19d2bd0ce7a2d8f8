import { bare, wordsOf } from './fold.ts'
import { inDigits } from './numerals.ts'
import { core, GENERIC_WORDS, type NamedOption, STOP_WORDS } from './options.ts'
import { positionIn } from './position.ts'
import { isTypoOf } from './typo.ts'
import { yesOrNo } from './yes-no.ts'

/** Which options words may mean: none, one, or several to choose from; `outside`: a place the list does not have. */
export type Found = { options: NamedOption[]; outside?: boolean }

const NEGATION = new Set(
  'not no dont never without except but neither nor isnt wont cant anything'.split(' '),
)
/** How many words more than its name an answer may hold: another answer is free text, or in need of a question. */
const MOST_OTHER_WORDS = { strict: 2, free: 0 }

/** The option that is named in full: by its value, else its label, else either one in another spelling. */
export function namedInFull(text: string, options: NamedOption[]): NamedOption[] {
  const byValue = options.filter(({ option }) => option.value === text)
  if (byValue.length > 0) return byValue
  const byLabel = options.filter(({ option }) => option.label === text)
  if (byLabel.length > 0) return byLabel
  const name = bare(text)
  return options.filter(({ names }) => names.includes(name))
}

/** What one answer, or one item of a list, means. The first reading that finds something decides. */
export function findOption(text: string, options: NamedOption[], strict: boolean): Found {
  const named = namedInFull(text, options)
  if (named.length > 0) return { options: named }
  const words = core(wordsOf(text))
  if (words.length === 0) return { options: [] }
  const again = namedInFull(words.join(' '), options)
  if (again.length > 0) return { options: again }
  const confirmed = yesOrNo(words, options)
  if (confirmed.length > 0) return { options: confirmed }

  const position = positionIn(words, options.length)
  const placed = position && options[position.index]
  if (position?.explicit) return placed ? { options: [placed] } : { options: [], outside: true }
  const byWords = wordsWithin(words, options)
  const hits = byWords.length > 0 ? byWords : nameWithin(words, options, strict)
  // "2" may be the second option or the one that is called "2 pages": where both are meant there is nothing to ask.
  if (placed) return { options: hits.length === 0 || hits.includes(placed) ? [placed] : [placed, ...hits] }
  return { options: hits.length > 0 ? hits : misspelled(words, options) }
}

const withoutStops = (words: string[]) => words.filter((word) => !STOP_WORDS.has(word))
const telling = (words: string[]) => withoutStops(words).filter((word) => !GENERIC_WORDS.has(word))

/** All words said are words of one option's name: "fleet" for "Fleet plan, 10 vans". */
function wordsWithin(said: string[], options: NamedOption[]): NamedOption[] {
  const attempts = [withoutStops(said), telling(said), telling(said).filter((word) => word !== 'with')]
    .filter((words) => words.length > 0)
    .map(inDigits)
  for (const fits of [isWord, isStart])
    for (const words of attempts) {
      const hits = options.filter((option) =>
        option.words.some((name) => words.every((word) => fits(word, name))),
      )
      if (hits.length > 0) return hits
    }
  return []
}
const isWord = (word: string, name: string[]) => name.includes(word)
const isStart = (word: string, name: string[]) => word.length > 2 && name.some((own) => own.startsWith(word))

/** An option's whole name among the words said: "the fleet thing" for "Fleet". */
function nameWithin(said: string[], options: NamedOption[], strict: boolean): NamedOption[] {
  const most = strict ? MOST_OTHER_WORDS.strict : MOST_OTHER_WORDS.free
  const all = inDigits(said)
  const words = new Set(all)
  const found = options.flatMap((option) =>
    option.words.flatMap((name) => {
      const own = withoutStops(name)
      if (own.length === 0 || !own.every((word) => words.has(word))) return []
      const others = all.filter((word) => !name.includes(word))
      return others.some((word) => NEGATION.has(word)) ? [] : [{ option, own: new Set(own) }]
    }),
  )
  // "fleet plus" names "Fleet plus" alone, though "Fleet" is in it.
  const longest = found.filter(
    ({ own }) =>
      !found.some((other) => other.own.size > own.size && [...own].every((word) => other.own.has(word))),
  )
  const named = new Set(longest.flatMap(({ own }) => [...own]))
  const others = inDigits(telling(said)).filter((word) => !named.has(word))
  return others.length > most ? [] : [...new Set(longest.map(({ option }) => option))]
}

function misspelled(said: string[], options: NamedOption[]): NamedOption[] {
  const ways = [said, telling(said)].map((words) => inDigits(words).join(' '))
  return options.filter(({ names, words }) =>
    [...names, ...words.map((name) => telling(name).join(' '))].some((name) =>
      ways.some((way) => isTypoOf(way, name)),
    ),
  )
}
