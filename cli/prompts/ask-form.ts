import { type Field, type FieldOption, fieldReader, fieldsOf } from '../../shared/contract/answer/form.ts'
import type { Json } from '../../shared/contract/json.ts'
import { isObject } from '../../shared/contract/json.ts'
import { oneLine } from '../screen/plain.ts'
import type { Choice } from '../screen/prompts.ts'
import { paint } from '../screen/spans.ts'
import type { Asker, Dialogue } from './dialogue.ts'

/** Nothing, where a field may be left empty. */
const empty = {}

/**
 * A form, field by field. Each is read as the server will read it, so that what does not fit is said at its field; what
 * was typed is sent, since the workspace's time zone is the server's to know.
 */
export const askForm: Asker<'form'> = async ({ message, signal, kind, previous }, { prompts, screen }) => {
  const read = fieldReader(kind.schema)
  const before = previous && 'value' in previous && isObject(previous.value) ? previous.value : {}
  screen.say(message)
  const value: Record<string, Json> = {}
  for (const field of fieldsOf(kind)) {
    if (field.description) screen.say(paint('dim', `  ${oneLine(field.description, 500)}`))
    const refuse = (given: Json | undefined) => {
      const found = read(field, given, { now: new Date().toISOString(), timeZone: localZone })
      return found.ok ? undefined : oneLine(found.reason, 500)
    }
    const initial = (before[field.name] as Json | undefined) ?? field.initial
    const given = await askField(field, { initial, refuse, signal }, prompts)
    if (given !== undefined) value[field.name] = given
  }
  return { value }
}

const localZone = new Intl.DateTimeFormat().resolvedOptions().timeZone

interface Asked {
  initial: Json | undefined
  refuse: (given: Json | undefined) => string | undefined
  signal: AbortSignal
}

const placeholders: Partial<Record<Field['kind']['type'], string>> = {
  number: 'a number, also in words: 12k, two dozen',
  integer: 'a number, also in words: 12, two dozen',
  date: 'a day, also in words: next Friday, 12 May',
  moment: 'a day and a time: next Friday at 14:00',
  list: 'several, with commas between them',
}

async function askField(
  field: Field,
  { initial, refuse, signal }: Asked,
  prompts: Dialogue['prompts'],
): Promise<Json | undefined> {
  const message = oneLine(field.title, 200)
  const { kind, required } = field
  if (kind.type === 'boolean' || kind.type === 'options') {
    const options: FieldOption[] = kind.type === 'options' ? kind.options : yesAndNo
    const choices = options.map(({ value, label }) => ({ value, label: oneLine(label) }))
    if (kind.type !== 'options' || !kind.several)
      return pick({ message, signal, choices, initial, required }, prompts)
    const several = { message, signal, choices, needed: required, initial: listIn(initial) }
    const picked = await prompts.multiselect<Json>(several)
    return picked.length > 0 ? picked : undefined
  }
  const hint = placeholders[kind.type] ?? ''
  const typed = await prompts.text({
    message,
    signal,
    initial: initial === undefined ? undefined : wordsOf(initial),
    placeholder: [hint, required ? '' : 'may be left empty'].filter(Boolean).join('; '),
    refuse,
  })
  return typed.trim() === '' && !field.takesEmpty ? undefined : typed
}

const yesAndNo = [
  { value: true, label: 'Yes' },
  { value: false, label: 'No' },
]

/** One of a list; one that need not be picked has a line that says so. */
async function pick(
  {
    message,
    signal,
    choices,
    initial,
    required,
  }: {
    message: string
    signal: AbortSignal
    choices: Choice<Json>[]
    initial: Json | undefined
    required: boolean
  },
  { select }: Dialogue['prompts'],
): Promise<Json | undefined> {
  const none = required || initial !== undefined ? [] : [{ value: empty, label: '(leave it empty)' }]
  // Prompts find the one in focus by identity.
  const focus = choices.find(({ value }) => JSON.stringify(value) === JSON.stringify(initial))?.value
  const picked = await select<unknown>({
    message,
    signal,
    choices: [...choices, ...none],
    ...(focus === undefined ? {} : { initial: focus }),
  })
  return picked === empty ? undefined : (picked as Json)
}

const listIn = (initial: Json | undefined): Json[] => (Array.isArray(initial) ? initial : [])

function wordsOf(initial: Json): string {
  if (Array.isArray(initial)) return initial.map(wordsOf).join(', ')
  return typeof initial === 'string' ? initial : JSON.stringify(initial)
}
