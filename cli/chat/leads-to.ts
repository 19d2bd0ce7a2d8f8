import { oneLine } from '../screen/plain.ts'

/** A terminal cannot open a page: it says which one a browser would. */
export function leadsTo(title: string, parameters: Record<string, string | number | boolean>): string {
  const given = Object.entries(parameters).map(([name, value]) => `${name}: ${value}`)
  return `→ page “${oneLine(title)}”${given.length > 0 ? ` (${oneLine(given.join(', '), 200)})` : ''}`
}
