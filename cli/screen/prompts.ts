import {
  autocomplete,
  type CommonOptions,
  confirm,
  isCancel,
  multiselect,
  type Option,
  select,
  text,
} from '@clack/prompts'
import { PasteInput } from './paste-input.ts'
import type { Screen } from './screen.ts'
import type { Terminal } from './terminal.ts'

/** Ctrl-C or Escape in a prompt. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

/** What was asked is settled elsewhere: there is nothing to answer any more. */
export class Settled extends Error {
  override name = 'Settled'
}

export interface Choice<Value> {
  value: Value
  label: string
  hint?: string | undefined
}

interface Asked {
  message: string
  /** Aborts when the question is settled elsewhere. */
  signal?: AbortSignal | undefined
}

export type Prompts = ReturnType<typeof createPrompts>

/** Questions on the terminal. Each throws `Interrupted` or `Settled` where it has no answer. */
export function createPrompts(terminal: Terminal, screen: Screen) {
  async function ask<T>(
    signal: AbortSignal | undefined,
    prompt: (common: CommonOptions) => Promise<T | symbol>,
  ): Promise<T> {
    if (signal?.aborted) throw new Settled()
    const input = new PasteInput(terminal.input, terminal.output)
    try {
      const given = await screen.lend(() =>
        prompt({ input, output: terminal.output, withGuide: true, ...(signal ? { signal } : {}) }),
      )
      if (signal?.aborted) throw new Settled()
      if (isCancel(given)) throw new Interrupted()
      return typeof given === 'string' ? (input.expand(given) as T) : (given as T)
    } finally {
      input.release()
    }
  }
  const options = <Value>(choices: Choice<Value>[]) =>
    choices.map(({ value, label, hint }) => ({ value, label, ...(hint ? { hint } : {}) })) as Option<Value>[]

  return {
    text: ({
      message,
      signal,
      placeholder,
      initial,
      refuse,
    }: Asked & {
      placeholder?: string | undefined
      initial?: string | undefined
      refuse?: (typed: string) => string | undefined
    }) =>
      ask<string>(signal, (common) =>
        text({
          ...common,
          message,
          ...(placeholder ? { placeholder } : {}),
          ...(initial ? { initialValue: initial } : {}),
          ...(refuse ? { validate: (typed) => refuse(typed ?? '') } : {}),
        }),
      ),

    select: <Value>({
      message,
      signal,
      choices,
      initial,
    }: Asked & { choices: Choice<Value>[]; initial?: Value }) =>
      ask<Value>(signal, (common) =>
        select<Value>({
          ...common,
          message,
          options: options(choices),
          maxItems: 12,
          showInstructions: false,
          ...(initial === undefined ? {} : { initialValue: initial }),
        }),
      ),

    multiselect: <Value>({
      message,
      signal,
      choices,
      needed = true,
      initial = [],
    }: Asked & { choices: Choice<Value>[]; needed?: boolean; initial?: Value[] }) =>
      ask<Value[]>(signal, (common) =>
        multiselect<Value>({
          ...common,
          message,
          options: options(choices),
          required: needed,
          initialValues: initial,
        }),
      ),

    confirm: ({ message, signal, initial = true }: Asked & { initial?: boolean }) =>
      ask<boolean>(signal, (common) => confirm({ ...common, message, initialValue: initial })),

    /** A text with suggestions that follow it as it is typed; Tab takes the one in focus. */
    suggest: ({
      message,
      signal,
      initial,
      suggestions,
      refuse,
    }: Asked & {
      initial?: string | undefined
      suggestions: (typed: string) => Choice<string>[]
      refuse: (value: string) => string | undefined
    }) =>
      ask<string>(signal, (common) =>
        autocomplete<string>({
          ...common,
          message,
          maxItems: 6,
          completeOnTab: true,
          filter: () => true,
          ...(initial ? { initialUserInput: initial } : {}),
          options() {
            return options(suggestions(this.userInput ?? ''))
          },
          validate: (value) => refuse(String(Array.isArray(value) ? (value[0] ?? '') : (value ?? ''))),
        } as Parameters<typeof autocomplete<string>>[0]),
      ),
  }
}
