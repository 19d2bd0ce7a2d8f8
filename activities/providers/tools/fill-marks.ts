import type { Json } from '../../../shared/contract/json.ts'

/** Puts values in place of the marks that stand for them, wherever they stand in a value. */
export function fillMarks<T extends Json>(value: T, filled: ReadonlyMap<string, string>): T {
  const fill = (given: Json): Json => {
    if (typeof given === 'string')
      return [...filled].reduce((text, [mark, plain]) => text.replaceAll(mark, () => plain), given)
    if (Array.isArray(given)) return given.map(fill)
    if (typeof given !== 'object' || given === null) return given
    return Object.fromEntries(Object.entries(given).map(([key, inner]) => [key, fill(inner)]))
  }
  return (filled.size === 0 ? value : fill(value)) as T
}
