import { lastWords } from '../answering/answer-chat.ts'
import type { Prompt } from '../prompt/read-prompt.ts'

const kinds = {
  greeting: /^(?:hi|hello|hey|hallo|moin|good (?:morning|day|afternoon|evening))(?: there| you)?[\s!.,]*$/i,
  thanks:
    /^(?:(?:many )?thanks|thank you|danke|great|perfect|ok(?:ay)?)(?: (?:a lot|very much|so much))?[\s!.,]*$/i,
  who: /^(?:who|what) are you[\s?!.]*$|^what can (?:you|i) (?:do|ask|help)\b/i,
}

/** What is said to words that ask for nothing, or for who speaks here; undefined for all others. */
export const smallTalk = (prompt: Prompt): string | undefined => {
  if (prompt.task !== 'agent') return undefined
  const words = lastWords(prompt)
  if (kinds.thanks.test(words)) return 'You are welcome. Is there anything else?'
  if (kinds.greeting.test(words)) return 'Hello! What can I do for you?'
  if (!kinds.who.test(words)) return undefined
  const role = /\bYou are ((?:the|an?|our) [^.\n]{3,120})\./.exec(prompt.system)?.[1]
  return `${role ? `I am ${role}. ` : ''}A demo model speaks for me: it follows rules, and repeats what tools, documents and the conversation say. Ask me about those.`
}
