const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
const ROUND = 'twenty thirty forty fifty sixty seventy eighty ninety'
const ORDINAL =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'
const ROUND_ORDINAL = 'twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth'

const table = (words: string, value: (index: number) => number): [string, number][] =>
  words.split(' ').map((word, index) => [word, value(index)])
const asIs = (index: number) => index
const tens = (index: number) => (index + 2) * 10

// Maps, not objects: "constructor" is a word people may type.
export const UNITS = new Map(table(SMALL, asIs))
export const TENS = new Map([...table(ROUND, tens), ['fourty', 40] as const])
export const ORDINALS = new Map([...table(ORDINAL, asIs), ...table(ROUND_ORDINAL, tens)])

/** Number words as digits, 0 to 99: `twenty first` is `21st`, `three` is `3`; other words stay. */
export function inDigits(words: string[]): string[] {
  const digits: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const next = words[at + 1] ?? ''
    const ten = TENS.get(word)
    const unit = UNITS.get(next) ?? 0
    const ordinal = ORDINALS.get(next) ?? 0
    if (ten !== undefined && unit > 0 && unit < 10) digits.push(String(ten + unit))
    else if (ten !== undefined && ordinal > 0 && ordinal < 10) digits.push(ordinalOf(ten + ordinal))
    else {
      const own = ORDINALS.get(word)
      digits.push(own === undefined ? String(UNITS.get(word) ?? ten ?? word) : ordinalOf(own))
      continue
    }
    at += 1
  }
  return digits
}

function ordinalOf(position: number): string {
  const ending = ['st', 'nd', 'rd'][(position % 10) - 1]
  return `${position}${ending !== undefined && Math.floor(position / 10) % 10 !== 1 ? ending : 'th'}`
}
