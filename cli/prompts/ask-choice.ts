import { oneLine } from '../screen/plain.ts'
import type { Asker } from './dialogue.ts'

const somethingElse = {}

/** A list to pick from. Without `strict`, one may also say something else. */
export const askChoice: Asker<'choice'> = async ({ message, signal, kind }, { prompts }) => {
  const choices = kind.options.map(({ value, label }) => ({ value, label: oneLine(label) }))
  const otherwise = kind.strict ? [] : [{ value: somethingElse, label: 'something else…' }]
  const say = () =>
    prompts.text({
      message: 'What then?',
      signal,
      refuse: (typed) => (typed.trim() === '' ? 'Please type something.' : undefined),
    })

  if (!kind.multiple) {
    const picked = await prompts.select<unknown>({ message, signal, choices: [...choices, ...otherwise] })
    return { value: picked === somethingElse ? await say() : (picked as (typeof choices)[number]['value']) }
  }
  const picked = await prompts.multiselect<unknown>({ message, signal, choices: [...choices, ...otherwise] })
  const values = picked.filter((one) => one !== somethingElse) as (typeof choices)[number]['value'][]
  return { value: picked.includes(somethingElse) ? [...values, await say()] : values }
}
