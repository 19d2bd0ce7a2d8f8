/** `24 October 2026`. A plain date stands as it is; an instant is shown in the zone. Anything else is shown as given. */
export const showDate = (date: string, timeZone: string): string => {
  const instant = new Date(date)
  if (Number.isNaN(instant.getTime())) return date
  const isPlain = /^\d{4}-\d{2}-\d{2}$/.test(date)
  const inZone = (zone: string) =>
    new Intl.DateTimeFormat('en-GB', {
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      timeZone: zone,
    }).format(instant)
  try {
    return inZone(isPlain ? 'UTC' : timeZone)
  } catch {
    return inZone('UTC') // an unknown zone must not cost the document
  }
}
