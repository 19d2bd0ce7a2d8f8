import type { ModelCall, ModelReply, ModelRequest, Models } from '../../activities/providers/models/port.ts'
import type { Json } from '../../shared/contract/json.ts'

type Script = Json | ((request: ModelRequest, call: ModelCall) => Promise<Json> | Json)

/** A model that says what the test wrote down, in that order, and throws when asked for more. */
export class ScriptedModels implements Models {
  readonly requests: ModelRequest[] = []
  private readonly script: Script[] = []

  /** The next answers: text, a value that is sent as JSON, or a function of the request. */
  will(...answers: Script[]): void {
    this.script.push(...answers)
  }

  get left(): number {
    return this.script.length
  }

  async generate(request: ModelRequest, call: ModelCall): Promise<ModelReply> {
    this.requests.push(request)
    const next = this.script.shift()
    if (next === undefined) throw new Error(`the script is exhausted, but the model was asked: ${request.user.slice(0, 200)}`)
    const said = typeof next === 'function' ? await next(request, call) : next
    const text = typeof said === 'string' ? said : JSON.stringify(said)
    call.onDelta?.(text)
    return { text, model: 'scripted', tokensIn: 10, tokensOut: 5 }
  }
}
