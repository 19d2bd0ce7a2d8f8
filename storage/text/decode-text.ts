/**
 * The characters of a text file, or null when the bytes are no text. A byte order mark decides, then valid UTF-8, then UTF-16 without a
 * mark (every other byte of Latin text is zero), then the old one- and two-byte encodings.
 */
export const decodeText = (bytes: Uint8Array): { text: string; encoding: string } | null => {
  const encoding = encodingOf(bytes)
  return encoding && { text: new TextDecoder(encoding).decode(bytes), encoding }
}

const encodingOf = (bytes: Uint8Array): string | null => {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, 64 * 1024)
  const wide = wideEncoding(sample)
  if (wide) return wide
  // A zero byte or many control characters: no encoding of text looks like this.
  if (sample.includes(0)) return null
  const controls = count(sample, (byte) => byte < 32 && ![9, 10, 12, 13, 26, 27].includes(byte))
  if (controls > sample.length / 500) return null
  if (isValid('utf-8', sample)) return 'utf-8'
  return oldEncoding(sample)
}

const wideEncoding = (sample: Uint8Array): string | null => {
  if (sample.length < 4) return null
  const pairs = Math.floor(sample.length / 2)
  let even = 0
  let odd = 0
  for (let at = 0; at < pairs * 2; at += 2) {
    if (sample[at] === 0) even++
    if (sample[at + 1] === 0) odd++
  }
  if (odd > pairs * 0.4 && even === 0) return 'utf-16le'
  if (even > pairs * 0.4 && odd === 0) return 'utf-16be'
  return null
}

/**
 * Western text has few bytes above 127. Where most letters are above, it is another script: with spaces between words a one-byte one
 * (Cyrillic or Greek, told apart by their commonest letters), without spaces a two-byte one, each of which rejects most others.
 */
const oldEncoding = (sample: Uint8Array): string | null => {
  const high = count(sample, (byte) => byte > 127)
  const letters = count(sample, (byte) => (byte | 32) > 96 && (byte | 32) < 123 && byte < 128)
  if (high < (high + letters) * 0.45) return high > 0 && unusedIn1252(sample) > high * 0.1 ? null : 'windows-1252'
  const spaces = count(sample, (byte) => byte === 32 || byte === 10)
  if (spaces > sample.length * 0.06) return cyrillicOrGreek(sample, high)
  return ['shift_jis', 'euc-kr', 'gb18030', 'big5'].find((encoding) => isValid(encoding, sample)) ?? null
}

const cyrillicOrGreek = (sample: Uint8Array, high: number): string => {
  // windows-1251 writes а as E0, which windows-1253 hardly uses; KOI8-R has its small letters where the others have capitals.
  const capitals = count(sample, (byte) => byte >= 0xc0 && byte <= 0xdf)
  if (capitals > high * 0.6) return 'koi8-r'
  return count(sample, (byte) => byte === 0xe0) > high * 0.03 ? 'windows-1251' : 'windows-1253'
}

/** The sample may end inside a character, so a few last bytes may be missing. */
const isValid = (encoding: string, sample: Uint8Array): boolean => {
  const decoder = new TextDecoder(encoding, { fatal: true })
  try {
    return !/[\ue000-\uf8ff]/.test(decoder.decode(sample, { stream: true }))
  } catch {
    return false
  }
}

const unusedIn1252 = (sample: Uint8Array) =>
  count(sample, (byte) => byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d)

const count = (sample: Uint8Array, test: (byte: number) => boolean): number => {
  let found = 0
  for (const byte of sample) if (test(byte)) found++
  return found
}
