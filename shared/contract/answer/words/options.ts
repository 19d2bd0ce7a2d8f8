import { bare, wordsOf } from './fold.ts'
import { inDigits } from './numerals.ts'

export type Option = { value: string; label: string }

/** An option with the forms in which people name it, made once for a reading. */
export type NamedOption = {
  option: Option
  /** Folded value and label. */
  names: string[]
  /** The words of value and label, numbers in digits. */
  words: string[][]
}

export const namedOptions = (options: Option[]): NamedOption[] =>
  options.map((option) => ({
    option,
    names: [bare(option.value), bare(option.label)],
    words: [option.value, option.label].map((name) => inDigits(wordsOf(name))),
  }))

const LONGEST_PHRASE = 5
const phrases = (list: string) => new Set(list.split('|').map((phrase) => phrase.trim()))
const leading = phrases(`
  i would like to have | i would like to choose | i would like | we would like | id like to have |
  id like | wed like | id prefer | i would prefer | i prefer | i want | we want | ill take |
  ill have | ill go with | ill go for | i will take | i choose | i pick | i select | i think |
  id say | id go with | id go for | go with | go for | lets go with | lets go for | lets take |
  lets do | we take | we need | i need | give me | make it | make that | my choice is |
  the answer is | my answer is | it is | its | thats | that is | that would be | please | just |
  only | probably | maybe | definitely | rather | well | hm | hmm | ok | okay | so | then | and |
  also | or rather | the | a | an | our | my`)
const trailing = phrases(`
  please | pls | thanks | thank you | i think | i guess | for me | for us | then | too | as well |
  is fine | is good | is best | sounds good | looks good | would be great | would be good |
  would be fine | it is`)

/** The words without the politeness around them: "I'd like the fleet plan, please" is `fleet plan`. */
export function core(words: string[]): string[] {
  let start = 0
  let end = words.length
  // A single word is never stripped off: "A" and "OK" are answers.
  const strip = (): boolean => {
    for (let length = Math.min(LONGEST_PHRASE, end - start - 1); length > 0; length -= 1) {
      if (leading.has(words.slice(start, start + length).join(' '))) {
        start += length
        return true
      }
      if (trailing.has(words.slice(end - length, end).join(' '))) {
        end -= length
        return true
      }
    }
    return false
  }
  while (strip());
  return words.slice(start, end)
}

/** Words that say nothing about which option is meant. */
export const STOP_WORDS = new Set(
  'the a an of for and also to in on my our me us it is be that this then please really would like want'.split(
    ' ',
  ),
)
/** What options are called in general: the fleet plan, the second option. */
export const GENERIC_WORDS = new Set(
  'plan plans package packages option options choice choices version edition variant offer tier product model size format type kind item one ones'.split(
    ' ',
  ),
)
