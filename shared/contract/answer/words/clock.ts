/** `second`: of the day, where 86,400 is its end; `impossible`: a time was said that no clock shows. */
export type TakenTime = { rest: string; second?: number; impossible?: boolean }

const PART = /\b(?:in |at |this )?(morning|afternoon|evening|night|tonight)\b/
const NOON = /\b(?:at )?(?:12 )?(noon|midnight)\b/
const AROUND =
  /\b(?:at )?(?:a )?(?:(half|quarter|\d{1,2} minutes|5|10|20|25) )(past|to) (\d{1,2})(?: oclock)?(?: ?(am|pm))?\b/
const DIGITAL = /(?<![\d.:/-])(?:at )?(\d{1,2})(?::|h)(\d{2})(?::(\d{2}))?(?: ?(am|pm))?\b(?![\d.:/-])/
const DOTTED = /(?:\bat |(?<= )(?=[\d.]+$))(\d{1,2})\.(\d{2})()(?: ?(am|pm))?(?![\d.])/
const HOUR = /(?<![\d.:/-])(?:at )?(\d{1,2})(?: ?(am|pm)| ?(?:oclock|h)(?: (am|pm))?)(?![\p{L}\d])/u
const AT_HOUR = /\bat (\d{1,2})\b(?![.:/-])/

type Half = 'am' | 'pm' | 'evening' | 'night' | undefined

/**
 * Takes the time of day out of words and leaves the day. An hour said without am, pm or a part of the day is read as
 * in an office: 1 to 6 are in the afternoon, 7 to 12 in the daytime; 0, 13 to 24 and a leading zero are the 24 hour clock.
 */
export function takeTime(words: string): TakenTime {
  const part = PART.exec(words)
  const half = HALVES.get(part?.[1])
  const rest = part ? without(words, part, part[1] === 'tonight' ? 'today' : '') : words

  const fixed = NOON.exec(rest)
  if (fixed) {
    const day = without(rest, fixed)
    // "midnight" of another day is where that day starts; today's is still to come.
    const atEnd = fixed[1] === 'midnight' && day === 'today'
    return { rest: day, second: fixed[1] === 'noon' ? 43_200 : atEnd ? 86_400 : 0 }
  }
  const around = AROUND.exec(rest)
  if (around) {
    const [, amount = '', side, hour = '', suffix] = around
    const minutes = amount === 'half' ? 30 : amount === 'quarter' ? 15 : Number.parseInt(amount, 10)
    if (amount === 'half' && side === 'to') return { rest, impossible: true }
    const second = hourOf(hour, (suffix as Half) ?? half)
    return finish(
      rest,
      around,
      second === undefined ? undefined : second + (side === 'past' ? 60 : -60) * minutes,
    )
  }
  const exact = DIGITAL.exec(rest) ?? DOTTED.exec(rest)
  if (exact) {
    const [, hour = '', minute = '', seconds = '0', suffix] = exact
    const second = hourOf(hour, (suffix as Half) ?? half)
    const valid = second !== undefined && Number(minute) < 60 && Number(seconds) < 60
    return finish(rest, exact, valid ? second + Number(minute) * 60 + Number(seconds) : undefined)
  }
  const whole = hourOnly(rest, half)
  return whole ? finish(rest, whole.match, hourOf(whole.hour, whole.half)) : { rest }
}

function hourOnly(rest: string, half: Half) {
  const suffixed = HOUR.exec(rest)
  if (suffixed)
    return { match: suffixed, hour: suffixed[1] ?? '', half: ((suffixed[2] ?? suffixed[3]) as Half) ?? half }
  const at = AT_HOUR.exec(rest)
  return at ? { match: at, hour: at[1] ?? '', half } : undefined
}

const HALVES = new Map<string | undefined, Half>([
  ['morning', 'am'],
  ['afternoon', 'pm'],
  ['evening', 'evening'],
  ['tonight', 'evening'],
  ['night', 'night'],
])

/** The second of the day at which an hour starts; nothing when there is no such hour (25, 15 pm). */
function hourOf(said: string, half: Half): number | undefined {
  const hour = Number(said)
  if (hour > 24) return undefined
  const is24 = hour === 0 || hour > 12 || said.startsWith('0')
  if (half === undefined) return (is24 || hour > 6 ? hour : hour + 12) * 3600
  if (hour > 12) return half === 'am' ? undefined : hour * 3600
  if (half === 'am') return (hour % 12) * 3600
  // "2 at night" is early, "10 at night" late; 12 in the evening or at night ends the day.
  if (half === 'night' && hour < 6) return hour * 3600
  return half === 'pm' && hour === 12 ? 43_200 : (hour + 12) * 3600
}

const finish = (rest: string, match: RegExpExecArray, second: number | undefined): TakenTime =>
  second === undefined || second < 0 || second > 86_400
    ? { rest, impossible: true }
    : { rest: without(rest, match), second }

const without = (words: string, match: RegExpExecArray, put = ''): string =>
  `${words.slice(0, match.index)} ${put} ${words.slice(match.index + match[0].length)}`
    .replace(/\s+/g, ' ')
    .trim()
