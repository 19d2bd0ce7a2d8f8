import type { AnyStep } from '../shared/contract/step.ts'

/** Tells where a path leads in the definition of these steps, round by round, as a text that sorts so. */
export function placesIn(steps: AnyStep[]): (path: string) => string {
  const positions = new Map(steps.map(({ id }, position) => [id, position]))
  return (path) =>
    path
      .split('.')
      .map((part) => {
        const [id = '', round] = part.split(/[[\]]/)
        const at = String(positions.get(id) ?? 0).padStart(4, '0')
        return round === undefined ? at : `${at}:${round.padStart(5, '0')}`
      })
      .join('.')
}
