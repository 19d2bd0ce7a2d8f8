/** What XML 1.0 cannot hold even escaped: control characters but tab and line ends, and two non-characters. */
const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g

/** One bad character makes an office program refuse the whole file. */
export const legalString = (text: string): string => text.replace(illegal, '').toWellFormed()

/** A copy with every string in it made legal, so that writers need not think of it. */
export const legalText = <T>(value: T): T => {
  if (typeof value === 'string') return legalString(value) as T
  if (Array.isArray(value)) return value.map(legalText) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, legalText(one)])) as T
}
