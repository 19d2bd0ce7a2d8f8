/** Text as PostgreSQL and JSON accept it (no NUL, no lone surrogates), with `\n` as the only line end. */
export const cleanText = (text: string): string =>
  cleanCharacters(text)
    .replace(/^\s*\n/, '')
    .trimEnd()

export const cleanCharacters = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]/g, '')
    .toWellFormed()

/**
 * Undoes what typesetting did to the letters: `ﬁ` is `fi` again, and Arabic and Hebrew letters drawn in their joined forms are the plain
 * ones. Only those ranges: NFKC on everything would turn `m²` into `m2`.
 */
export const plainLetters = (text: string): string =>
  text
    .replace(/[\ufb00-\ufdfc\ufe70-\ufefc]+/g, (drawn) => drawn.normalize('NFKC'))
    .replace(/[\u00a0\u2007\u202f]/g, ' ')
    // Lam-alef is one drawn letter, and many programs write its two letters the wrong way round. A doubled alef gives it away.
    .replace(/\u0627([\u0622\u0623\u0625\u0627])\u0644/g, '\u0627\u0644$1')
    .normalize('NFC')

/** The longest text handed on, where nobody asks for more; 500,000 characters are about 125,000 tokens, more than a model can use. */
export const MAX_CHARACTERS = 500_000

export const cut = (text: string, most = MAX_CHARACTERS): { text: string; truncated: boolean } =>
  text.length <= most
    ? { text, truncated: false }
    : {
        text: text
          .slice(0, most)
          .toWellFormed()
          .replace(/\ufffd$/, ''),
        truncated: true,
      }
