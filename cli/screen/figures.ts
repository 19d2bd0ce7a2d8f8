/** Milliseconds, as people say them. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1_000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** An amount with as many digits as it takes to see that it is not nothing. */
export const money = (amount: number, currency: string): string =>
  `${amount !== 0 && amount < 0.1 ? Number(amount.toPrecision(2)) : amount.toFixed(2)} ${currency}`

export const tokens = (used: { in: number | null; out: number | null }): string =>
  `${used.in ?? '?'} → ${used.out ?? '?'} tokens`
