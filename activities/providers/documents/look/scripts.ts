const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

export const hasRightToLeft = (text: string): boolean => rightToLeft.test(text)

/** The direction of the first letter decides, as in the Unicode bidi algorithm. */
export const isRightToLeft = (text: string): boolean => rightToLeft.test(/\p{L}/u.exec(text)?.[0] ?? '')

export const latinFont = 'Calibri'
export const codeFont = 'Consolas'

/** Han characters are shared, so the text's other letters tell which language's forms it wants. */
export const eastAsianOf = (text: string): { font: string; language: string } => {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return { font: 'Yu Gothic', language: 'ja-JP' }
  if (/\p{Script=Hangul}/u.test(text)) return { font: 'Malgun Gothic', language: 'ko-KR' }
  return { font: 'Microsoft YaHei', language: 'zh-CN' }
}
