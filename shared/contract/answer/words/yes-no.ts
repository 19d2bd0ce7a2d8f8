import type { NamedOption } from './options.ts'

const YES = new Set([
  ...'y yes yep yeah yup sure ok okay correct right true absolutely certainly definitely indeed'.split(' '),
  ...[
    'of course',
    'yes please',
    'yes it is',
    'yes i do',
    'yes we do',
    'that is right',
    'thats right',
    'please do',
  ],
])
const NO = new Set([
  ...'n no nope nah false never'.split(' '),
  ...['no thanks', 'no thank you', 'not really', 'no it isnt', 'no i dont', 'no we dont', 'of course not'],
])
const YES_OPTIONS = new Set(['yes', 'true'])
const NO_OPTIONS = new Set(['no', 'false'])

/** Yes and no are options like all others, but people say them in many ways. */
export function yesOrNo(words: string[], options: NamedOption[]): NamedOption[] {
  const phrase = words.join(' ')
  const meant = YES.has(phrase) ? YES_OPTIONS : NO.has(phrase) ? NO_OPTIONS : undefined
  return meant ? options.filter(({ names }) => names.some((name) => meant.has(name))) : []
}
