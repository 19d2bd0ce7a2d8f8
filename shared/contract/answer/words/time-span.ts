const AMOUNT = '(\\d{1,4}(?:[.,]\\d{1,2})?|an?|half an?)'
const UNIT = '(minute|min|hour|hr|h)s?'
const SPAN = new RegExp(`^${AMOUNT} ?${UNIT}(?: and (?:(a half|half|a quarter)|(\\d{1,2}) minutes?))?$`)

/** Minutes from now: "in 2 hours", "half an hour from now", "in an hour and a half", "now"; nothing for other words. */
export function minutesAhead(words: string): number | undefined {
  if (/^(right )?now$/.test(words)) return 0
  const said = /^in (.{1,60})$/.exec(words)?.[1] ?? /^(.{1,60}) (?:from now|later|hence)$/.exec(words)?.[1]
  const parts = said === undefined ? null : SPAN.exec(said)
  if (!parts) return undefined
  const [, amount = '', unit = '', share, minutes] = parts
  const count = amount.startsWith('half') ? 0.5 : /^an?$/.test(amount) ? 1 : Number(amount.replace(',', '.'))
  const extra = share === undefined ? 0 : share.endsWith('quarter') ? 0.25 : 0.5
  return Math.round((count + extra) * (unit.startsWith('h') ? 60 : 1) + Number(minutes ?? 0))
}
