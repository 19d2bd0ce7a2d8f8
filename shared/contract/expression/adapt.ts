import type { ASTNode } from '@marcbachmann/cel-js'
import { callOf } from './environment.ts'

/** Gives an expression the meaning that `definition.md` promises, where CEL's own is another. */
export function adapt(node: ASTNode): void {
  switch (node.op) {
    case 'value':
      // Numbers are doubles, also those written in the expression.
      if (typeof node.args === 'bigint') (node as { args: unknown }).args = Number(node.args)
      return
    case 'id':
      return
    case '.':
      return adapt(node.args[0])
    case '.?':
      adapt(node.args[0])
      if (node.args[1] === 'text') node.args[0] = callOf('text_of', node.args[0])
      return
    case '!_':
    case '-_':
      return adapt(node.args)
    case 'map':
      return node.args.flat().forEach(adapt)
    case 'call':
      return node.args[1].forEach(adapt)
    case 'rcall': {
      const [name, receiver, given] = node.args
      adapt(receiver)
      given.forEach(adapt)
      if (receiver.op === 'id' && receiver.args !== 'optional' && optionalCalls.has(name)) receiveOptional(node, callOf('optional_of', receiver))
      return
    }
  }
  const operands = node.args as ASTNode[]
  operands.forEach(adapt)
  const wrap = (at: number, name: string) => void (operands[at] = callOf(name, operands[at] as ASTNode))
  switch (node.op) {
    case '/':
      // `7 / 2` is 3.5 for everyone who does not write compilers.
      return wrap(0, 'double')
    case '[]':
    case '[?]':
      return wrap(1, 'dyn')
    case '==':
    case '!=':
    case 'in':
      // `size(l) == 3`: an int and a double are compared by what they are worth.
      return wrap(0, 'dyn')
    case '?:':
      // The two sides may be of different types: `x ? 1 : null`.
      wrap(1, 'dyn')
      return wrap(2, 'dyn')
  }
}

export const optionalCalls: ReadonlySet<string> = new Set(['hasValue', 'orValue', 'or'])

/** CEL's macros keep their receiver beside the tree, so it is replaced in both places. */
function receiveOptional(node: ASTNode, receiver: ASTNode): void {
  ;(node.args as unknown[])[1] = receiver
  const { macro } = (node as unknown as { meta: { macro?: { receiver?: ASTNode } } }).meta
  if (macro?.receiver) macro.receiver = receiver
}
