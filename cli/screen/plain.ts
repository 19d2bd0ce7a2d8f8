/**
 * Words of other people and of models on their way to a terminal: without escape sequences, control characters and
 * marks that turn the direction of text, which could rewrite what stands on the screen. Line breaks and tabs stay.
 */
export const plain = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g, '')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replaceAll('\t', '    ')

/** The same on one line, cut to so many characters. */
export function oneLine(text: string, most = 200): string {
  const line = plain(text).replace(/\s+/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, most - 1).toWellFormed()}…`
}
