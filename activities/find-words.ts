/** Where a text uses one of the words: whole words, whatever their case, each with the line or sentence around it. */
export function findWords(text: string, words: string[]): { word: string; sentence: string }[] {
  const sentences = text.split(/(?<=[.!?])\s+|\n+/).filter(Boolean)
  return words.flatMap((word) => {
    const needle = word.toLocaleLowerCase('en-US')
    const sentence = sentences.find((one) => hasWord(one.toLocaleLowerCase('en-US'), needle))
    return sentence === undefined ? [] : [{ word, sentence }]
  })
}

const letter = /[\p{L}\p{N}]/u

function hasWord(sentence: string, word: string): boolean {
  for (let at = sentence.indexOf(word); at >= 0; at = sentence.indexOf(word, at + 1)) {
    const before = sentence[at - 1]
    const after = sentence[at + word.length]
    if (!(before && letter.test(before)) && !(after && letter.test(after))) return true
  }
  return false
}
