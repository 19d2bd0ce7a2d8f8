/**
 * The characters of a text file, or null when the bytes are no text. A byte order mark decides, then valid UTF-8, then UTF-16 without a
 * mark (every other byte of Latin text is zero), then the old one- and two-byte encodings.
 */
export const decodeText = (bytes: Uint8Array): { text: string; encoding: string } | null => {
  const encoding = encodingOf(bytes)
  return encoding === null ? null : { text: new TextDecoder(encoding).decode(bytes), encoding }
}

const encodingOf = (bytes: Uint8Array): string | null => {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, 64 * 1024)
  const wide = wideEncoding(sample)
  if (wide) return wide
  // More than a stray control character: no encoding of text looks like this.
  const controls = count(sample, (byte) => byte < 32 && ![9, 10, 12, 13, 26, 27].includes(byte))
  if (controls > Math.max(1, sample.length / 500)) return null
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
 * Western text has few bytes above 127. Where most letters are above, it is another script: pairs of bytes that only Korean, Japanese or
 * Chinese writes, or else one byte per letter, Cyrillic or Greek.
 */
const oldEncoding = (sample: Uint8Array): string | null => {
  const high = count(sample, (byte) => byte > 127)
  const letters = count(sample, (byte) => (byte | 32) > 96 && (byte | 32) < 123 && byte < 128)
  if (high < (high + letters) * 0.45) return unusedIn1252(sample) > high * 0.1 ? null : 'windows-1252'
  if (isValid('euc-kr', sample) && firstBytes(sample, 0xb0, 0xc8) > 0.85) return 'euc-kr'
  const spaces = count(sample, (byte) => byte === 32 || byte === 10)
  if (spaces > sample.length * 0.06) return byCommonLetters(sample)
  return ['shift_jis', 'gb18030', 'big5'].find((encoding) => isValid(encoding, sample)) ?? null
}

/** The share of pairs that begin within a range: Hangul has a block of its own, Chinese characters spread further. */
const firstBytes = (sample: Uint8Array, from: number, to: number): number => {
  let pairs = 0
  let within = 0
  for (let at = 0; at < sample.length; at++) {
    if (sample[at]! < 128) continue
    pairs++
    if (sample[at]! >= from && sample[at]! <= to) within++
    at++
  }
  return within / pairs
}

/** The commonest letters of Russian and its neighbours, and of Greek: in the wrong encoding they come out as rare ones. */
const COMMON = {
  'windows-1251': /[оеаинтсрвлкі]/g,
  'koi8-r': /[оеаинтсрвлк]/g,
  'windows-1253': /[αοιετσνηυρκπςάόίέ]/g,
}

const byCommonLetters = (sample: Uint8Array): string => {
  const scores = Object.entries(COMMON).map(([encoding, common]) => {
    const text = new TextDecoder(encoding).decode(sample)
    return { encoding, score: text.match(common)?.length ?? 0 }
  })
  return scores.reduce((best, one) => (one.score > best.score ? one : best)).encoding
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
