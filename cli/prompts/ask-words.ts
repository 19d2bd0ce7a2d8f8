import type { Asker } from './dialogue.ts'

const anything = (typed: string): string | undefined =>
  typed.trim() === '' ? 'Please type something.' : undefined

/** Text, numbers and dates are said in words. The server reads them; what it cannot read it refuses with the reason. */
export const askText: Asker<'text'> = async ({ message, signal, kind, before }, { prompts }) => ({
  value: await prompts.text({
    message,
    signal,
    initial: before,
    refuse: kind.minLength === 0 ? () => undefined : anything,
  }),
})

export const askNumber: Asker<'number'> = async ({ message, signal, before }, { prompts }) => ({
  value: await prompts.text({
    message,
    signal,
    initial: before,
    placeholder: 'a number, also in words: 12k, two dozen',
    refuse: anything,
  }),
})

export const askDate: Asker<'date'> = async ({ message, signal, kind, before }, { prompts }) => ({
  value: await prompts.text({
    message,
    signal,
    initial: before,
    placeholder: kind.time
      ? 'a day and a time: next Friday at 14:00'
      : 'a day, also in words: next Friday, 12 May',
    refuse: anything,
  }),
})
