import { fold } from '../../shared/contract/answer/words/fold.ts'

/** Scripts that set no space between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}]+/gu
const segments = new Intl.Segmenter('und', { granularity: 'word' })

/** Words as they are searched for, a passage's and a question's alike. In German `Rückgabe`, `Ruckgabe` and `Rueckgabe` are one. */
export function foldWords(text: string, language: string): string {
  const folded = fold(text)
    .normalize('NFC')
    .replace(unspaced, (run) => ` ${[...segments.segment(run)].map(({ segment }) => segment).join(' ')} `)
  return language === 'german' ? folded.replace(/([aou])e(?=\p{L})/gu, '$1') : folded
}
