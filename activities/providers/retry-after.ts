/** Longer pauses are cut: who waits may just as well ask again. */
const longestPause = 300_000

/** Milliseconds that a provider asks to wait before the next try, five minutes at most; undefined when it asks nothing. */
export function retryAfter(headers: Headers | undefined): number | undefined {
  const exact = Number(headers?.get('retry-after-ms') ?? Number.NaN)
  const given = headers?.get('retry-after')
  const seconds = given
    ? Number.isNaN(Number(given))
      ? (Date.parse(given) - Date.now()) / 1000
      : Number(given)
    : Number.NaN
  const pause = Number.isNaN(exact) ? seconds * 1000 : exact
  return Number.isFinite(pause) && pause >= 0 ? Math.min(pause, longestPause) : undefined
}
