const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const month =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)'
const date = `(?:\\d{4}-\\d{2}-\\d{2}|\\d{1,2}(?:st|nd|rd|th|\\.)? ${month}\\b(?:,? \\d{4})?|${month}\\.? \\d{1,2}(?:st|nd|rd|th)?\\b(?:,? \\d{4})?|${month} \\d{4}|\\d{1,2}[./]\\d{1,2}[./]\\d{4})`
/** Longer ones are no numbers that anybody means, and looking for their end at each of their places takes seconds. */
const figure = '[-−+]?(?:\\d{1,3}(?:[,.  ’]\\d{3})+(?!\\d)|\\d{1,18})(?:[.,]\\d{1,18})?'
const code = '(?:NOK|SEK|DKK|EUR|USD|GBP|CHF|PLN|CZK|JPY|AUD|CAD)'
const currency = `(?:${code}|euros?|dollars?|pounds?|kr|€|\\$|£)`
const inFront = `(?:€|\\$|£|(?<![\\p{L}\\p{N}])${code})`
const scale = '(?:million|billion|thousand|m|bn|k)'

const datePattern = new RegExp(`\\b${date}`, 'giu')
const moneyPattern = new RegExp(
  `(?:${inFront} ?${figure}(?: ?${scale}\\b)?|${figure}(?: ${scale})? ?${currency}(?![\\p{L}]))`,
  'giu',
)
const numberPattern = new RegExp(
  `(?:(?<![\\p{L}\\p{N}.,-])|(?<=${inFront}))${figure}(?=${currency}(?![\\p{L}\\p{N}])|(?![\\p{L}\\p{N}]))`,
  'giu',
)

export const findDates = (text: string): string[] => [...text.matchAll(datePattern)].map(([found]) => found)
export const findMoney = (text: string): string[] => [...text.matchAll(moneyPattern)].map(([found]) => found)

const currencyNames: [RegExp, string][] = [
  [/€|(?<!\p{L})euros?\b/iu, 'EUR'],
  [/\$|(?<!\p{L})dollars?\b/iu, 'USD'],
  [/£|(?<!\p{L})pounds?\b/iu, 'GBP'],
  [/(?<!\p{L})kr\b/iu, 'NOK'],
]

/** The code of the currency that a text names. */
export const currencyOf = (text: string): string | undefined =>
  new RegExp(`(?<![\\p{L}])${code}(?![\\p{L}])`, 'iu').exec(text)?.[0].toUpperCase() ??
  currencyNames.find(([name]) => name.test(text))?.[1]

/** The amounts of money in a text, and where they stand. */
const amountsIn = (text: string) =>
  [...text.matchAll(moneyPattern)].map((found) => ({
    at: found.index,
    end: found.index + found[0].length,
    currency: currencyOf(found[0]),
  }))

/** Where each number stands and what it is worth; parts of dates and clock times are not numbers here. */
export const findNumbers = (
  text: string,
): { at: number; end: number; value: number; currency: string | undefined }[] => {
  const amounts = amountsIn(text)
  const hidden = text
    .replace(datePattern, (found) => ' '.repeat(found.length))
    .replace(/\b\d{1,2}:\d{2}\b/g, (found) => ' '.repeat(found.length))
  return [...hidden.matchAll(numberPattern)].flatMap((found) => {
    const end = found.index + found[0].length
    const value =
      toNumber(found[0]) *
      (/^ ?(million|m)\b/i.test(text.slice(end)) ? 1e6 : /^ ?(billion|bn)\b/i.test(text.slice(end)) ? 1e9 : 1)
    const money = amounts.find((amount) => amount.at <= found.index && end <= amount.end)
    return Number.isFinite(value) ? [{ at: found.index, end, value, currency: money?.currency }] : []
  })
}

/** `1,150,000`, `1.150.000`, `1 150 000` and `1,5` as numbers; a comma or point before exactly three figures groups, any other is decimal. */
export const toNumber = (text: string): number => {
  const bare = text.replace('−', '-').replace(/[  ’+]/g, '')
  if (/^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(bare)) return Number(bare.replaceAll(',', ''))
  if (/^-?\d{1,3}(?:(?:\.\d{3}){2,}|(?:\.\d{3})+,\d+)$/.test(bare))
    return Number(bare.replaceAll('.', '').replace(',', '.'))
  return Number(bare.replace(',', '.'))
}

/** ISO 8601, or undefined. A day without a year takes the first such day on or after `since`, the date of the material. */
export const toIsoDate = (text: string, since?: string): string | undefined => {
  const iso = /\d{4}-\d{2}-\d{2}/.exec(text)
  if (iso) return iso[0]
  const dotted = /(\d{1,2})[./](\d{1,2})[./](\d{4})/.exec(text)
  if (dotted) return isoOf(Number(dotted[3]), Number(dotted[2]), Number(dotted[1]))
  const name = new RegExp(month, 'i').exec(text)?.[0].slice(0, 3).toLowerCase()
  if (!name) return undefined
  const monthNumber = months.findIndex((each) => each.startsWith(name)) + 1
  const year = /\b\d{4}\b/.exec(text)?.[0]
  const day = Number(/\b\d{1,2}(?!\d)/.exec(text.replace(/\d{4}/, ''))?.[0] ?? 1)
  if (year) return isoOf(Number(year), monthNumber, day)
  if (!since) return undefined
  const sameYear = isoOf(Number(since.slice(0, 4)), monthNumber, day)
  return sameYear && sameYear < since ? isoOf(Number(since.slice(0, 4)) + 1, monthNumber, day) : sameYear
}

const isoOf = (year: number, monthNumber: number, day: number): string | undefined => {
  const made = new Date(Date.UTC(year, monthNumber - 1, day))
  return made.getUTCMonth() === monthNumber - 1 ? made.toISOString().slice(0, 10) : undefined
}

const valuePattern = new RegExp(
  `${date}|(?:€|\\$|£) ?${figure}|${figure}(?: ${scale}\\b)?(?: ?(?:%|${currency})(?![\\p{L}]))?`,
  'iu',
)

/** The first date, amount or number in a row that lost its columns. */
export const firstValue = (text: string): { text: string; at: number } | undefined => {
  const found = valuePattern.exec(text)
  return found ? { text: found[0], at: found.index } : undefined
}
