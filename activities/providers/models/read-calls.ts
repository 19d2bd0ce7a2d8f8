import type { ModelToolCall } from './port.ts'

/** A piece of a tool call as it is streamed. Not every server numbers them, or gives them an id. */
interface CallPart {
  index?: number | null
  id?: string | null
  function?: { name?: string | null; arguments?: string | null }
}

/** Puts streamed tool calls together. A part without a number belongs to the call of its id, or to the last one. */
export function createCallReader() {
  const places: { at: number | undefined; call: ModelToolCall }[] = []
  const placeOf = ({ index, id, function: called }: CallPart) => {
    const known =
      typeof index === 'number'
        ? places.find(({ at }) => at === index)
        : id
          ? places.find(({ call }) => call.id === id)
          : called?.name
            ? undefined
            : places.at(-1)
    if (known) return known.call
    const call = { id: id || `call_${places.length + 1}`, name: '', arguments: '' }
    places.push({ at: index ?? undefined, call })
    return call
  }
  const reader = {
    /** What the names and arguments so far take, against the limit of an answer. */
    characters: 0,
    take: (part: CallPart): void => {
      const call = placeOf(part)
      const { name, arguments: piece } = part.function ?? {}
      // Some servers repeat the name with each piece.
      if (name && !call.name) call.name = name
      call.arguments += piece ?? ''
      reader.characters += (name?.length ?? 0) + (piece?.length ?? 0)
    },
    get all(): ModelToolCall[] {
      return places.map(({ call }) => call)
    },
  }
  return reader
}
