/** Languages whose words PostgreSQL brings to their stems, under its names for them, each with its smallest words. */
const small: Record<string, string> = {
  english: 'the and of to is with for that are this you your not it be or',
  german: 'der die und das ist mit nicht für ein auf sie wir den zu werden oder',
  french: 'le les et est des une pour dans sur vous nous ne pas que qui au',
  spanish: 'el los y es las una para con del por que no se su lo más',
  italian: 'il gli è che di una per con della sono non si le nel dei più',
  portuguese: 'os e é que uma para com não do da em se as ao dos mais',
  dutch: 'het een en is van met niet voor zijn op de dat wij u of te',
  norwegian: 'og er det som ikke til med på av vi en et du har kan eller',
  swedish: 'och är det som inte till med på av att en ett du har kan eller',
  danish: 'og er det som ikke til med på af vi en et du har kan eller',
  finnish: 'ja on ei se että tai kun ovat mutta myös voi jos sekä joka niin oli',
}

const languages = Object.entries(small).map(([name, words]) => ({ name, words: new Set(words.split(' ')) }))

/** What a text is written in, by its smallest words; `simple`, which stems nothing, where they do not tell. */
export function detectLanguage(text: string): string {
  const words =
    text
      .slice(0, 40_000)
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  const scores = languages.map(({ name, words: known }) => ({
    name,
    score: words.filter((word) => known.has(word)).length,
  }))
  const [best] = scores.toSorted((one, other) => other.score - one.score)
  return best && best.score * 20 >= words.length && best.score > 0 ? best.name : 'simple'
}
