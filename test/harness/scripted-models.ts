import type { ModelCall, ModelReply, ModelRequest, Models } from '../../activities/providers/models/port.ts'
import type { Json } from '../../shared/contract/json.ts'
import { fail } from '../../shared/temporal/failure.ts'

type Script = Json | ((request: ModelRequest, call: ModelCall) => Promise<Json> | Json)

/** A model that says what the test wrote down, in that order, and fails the step when asked for more. */
export class ScriptedModels implements Models {
  readonly requests: ModelRequest[] = []
  private script: Script[] = []

  /** The next answers: text, a value that is sent as JSON, or a function of the request. */
  will(...answers: Script[]): void {
    this.script.push(...answers)
  }

  /** How many answers nobody asked for; none of them is kept for the next test. */
  takeLeft(): number {
    return this.script.splice(0).length
  }

  async generate(request: ModelRequest, call: ModelCall): Promise<ModelReply> {
    this.requests.push(request)
    const next = this.script.shift()
    if (next === undefined)
      throw fail(
        'ProviderRefused',
        `the script is exhausted, but the model was asked: ${request.user.slice(0, 200)}`,
      )
    const said = typeof next === 'function' ? await next(request, call) : next
    const text = typeof said === 'string' ? said : JSON.stringify(said)
    call.onDelta?.(text)
    return { text, model: 'scripted', tokensIn: 10, tokensOut: 5 }
  }
}

/** Says the beginning of an answer and then nothing more, until the call is aborted. */
export const hang =
  (beginning = '') =>
  (_: ModelRequest, { signal, onDelta }: ModelCall): Promise<never> => {
    if (beginning) onDelta?.(beginning)
    return new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }
