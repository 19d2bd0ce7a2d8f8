import { RE2JS } from 're2js'

/** Whether some part of a text matches, in linear time; a pattern that RE2 does not know matches nothing. */
export const matches = (pattern: string, text: string): boolean => {
  try {
    return RE2JS.compile(pattern).matcher(text).find()
  } catch {
    return false
  }
}

/** A text that a simple pattern accepts: literals, classes, groups, counts. Others it may miss; the caller checks. */
export const textLike = (pattern: string, minLength: number): string => {
  const source = pattern.replace(/^\^|\$$/g, '')
  const atom = /\\.|\[(\^?)([^\]]*)\]|\((?:\?:)?([^()]*)\)|[^\\[(]/gy
  let made = ''
  for (let found = atom.exec(source); found; found = atom.exec(source)) {
    const counted = /^(?:\{(\d+)(?:,\d*)?\}|([*?])|\+)/.exec(source.slice(atom.lastIndex))
    if (counted) atom.lastIndex += counted[0].length
    const times = counted?.[2] ? 0 : Number(counted?.[1] ?? 1)
    made += oneOf(found).repeat(times)
  }
  return made.padEnd(minLength, made.at(-1) ?? 'a')
}

const oneOf = ([token, inverted, members, group]: RegExpExecArray): string => {
  if (group !== undefined) return textLike(group.split('|')[0]!, 0)
  if (members !== undefined) return inverted ? '-' : (classes[members.slice(0, 2)] ?? members.charAt(0))
  return classes[token] ?? token.replace(/^\\/, '')
}

const classes: Record<string, string> = { '\\d': '0', '\\w': 'a', '\\s': ' ', '.': 'a' }
