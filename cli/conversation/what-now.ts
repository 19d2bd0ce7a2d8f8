import type { Dialogue } from '../prompts/dialogue.ts'
import { Interrupted } from '../screen/prompts.ts'

export type Move = 'stay' | 'leave' | 'cancel'

/** After Ctrl-C: what should become of the run. A second Ctrl-C leaves it running. */
export async function whatNow({ prompts }: Dialogue, over: boolean): Promise<Move> {
  if (over) return 'stay'
  try {
    return await prompts.select<Move>({
      message: 'What should become of the run?',
      choices: [
        { value: 'leave', label: 'Leave it running in the background', hint: 'you can come back' },
        { value: 'stay', label: 'Go on here' },
        { value: 'cancel', label: 'Cancel it' },
      ],
    })
  } catch (error) {
    if (error instanceof Interrupted) return 'leave'
    throw error
  }
}
