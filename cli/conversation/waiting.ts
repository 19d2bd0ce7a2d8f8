import { inOrder, type OpenRequest } from '../../shared/contract/request.ts'

type Known = Pick<OpenRequest, 'requestId' | 'openedAt' | 'place'>

/** The requests that nobody has replied to yet, by their ids, in the order in which they are asked. */
export class Waiting {
  private readonly known = new Map<string, Known>()
  private readonly ids = new Set<string>()

  open(request: Known): void {
    this.known.set(request.requestId, request)
    this.ids.add(request.requestId)
  }

  /** It was replied to, and waits as before. */
  add(requestId: string): void {
    if (this.known.has(requestId)) this.ids.add(requestId)
  }

  delete(requestId: string): void {
    this.ids.delete(requestId)
  }

  get size(): number {
    return this.ids.size
  }

  get first(): string | undefined {
    const [first] = [...this.ids].flatMap((id) => this.known.get(id) ?? []).sort(inOrder)
    return first?.requestId
  }
}
