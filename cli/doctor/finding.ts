/** `broken` makes the exit code 1; `note` is worth knowing. */
export interface Finding {
  name: string
  state: 'ok' | 'note' | 'broken'
  detail: string
  /** What to do, or how to get what is missing. */
  advice?: string
}

export const ok = (name: string, detail: string, advice?: string): Finding => ({
  name,
  state: 'ok',
  detail,
  ...(advice ? { advice } : {}),
})
export const note = (name: string, detail: string, advice?: string): Finding => ({
  name,
  state: 'note',
  detail,
  ...(advice ? { advice } : {}),
})
export const broken = (name: string, detail: string, advice?: string): Finding => ({
  name,
  state: 'broken',
  detail,
  ...(advice ? { advice } : {}),
})
