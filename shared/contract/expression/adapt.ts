import type { ASTNode } from '@marcbachmann/cel-js'
import { callOf } from './environment.ts'
import { childrenOf, optionalCalls } from './tree.ts'

/** Gives an expression the meaning that `definition.md` promises, where CEL's own is another. */
export function adapt(node: ASTNode): void {
  for (const child of childrenOf(node)) adapt(child)
  switch (node.op) {
    case 'value':
      // Numbers are doubles, also those written in the expression.
      if (typeof node.args === 'bigint') (node as { args: unknown }).args = Number(node.args)
      break
    case '/':
      // `7 / 2` is 3.5 for everyone who does not write compilers.
      wrap(node, 0, 'double')
      break
    case '[]':
    case '[?]':
      wrap(node, 1, 'dyn')
      break
    case '==':
    case '!=':
    case 'in':
      // `size(l) == 3`: an int and a double are compared by what they are worth.
      wrap(node, 0, 'dyn')
      break
    case '?:':
      // The two sides may be of different types: `x ? 1 : null`.
      wrap(node, 1, 'dyn')
      wrap(node, 2, 'dyn')
      break
    case '.?':
      if (node.args[1] === 'text') wrap(node, 0, 'text_of')
      break
    case 'rcall': {
      const [name, receiver] = node.args
      if (optionalCalls.has(name) && receiver.op === 'id' && receiver.args !== 'optional')
        receiveOptional(node)
      if (name === 'or') offerOptional(node)
    }
  }
}

function wrap(node: ASTNode, at: number, name: string): void {
  const operands = node.args as ASTNode[]
  operands[at] = callOf(name, operands[at] as ASTNode)
}

/** CEL's macros keep their receiver and their argument beside the tree, so these are replaced in both places. */
const macroOf = (node: ASTNode) =>
  (node as unknown as { meta: { macro?: { receiver?: unknown; arg?: unknown } } }).meta.macro

function receiveOptional(node: ASTNode): void {
  wrap(node, 1, 'optional_of')
  const macro = macroOf(node)
  if (macro?.receiver) macro.receiver = (node.args as ASTNode[])[1]
}

/** `draftA.or(draftB)`: what is offered instead may be a result like any other, there or not. */
function offerOptional(node: ASTNode): void {
  const given = (node.args as unknown as [string, ASTNode, ASTNode[]])[2]
  if (given.length !== 1) return
  given[0] = callOf('optional_of', given[0] as ASTNode)
  const macro = macroOf(node)
  if (macro?.arg) macro.arg = given[0]
}

/** The operand as it was written, under what `adapt` put around it. */
export const asWritten = (node: ASTNode): ASTNode =>
  node.op === 'call' && (node.args[0] === 'text_of' || node.args[0] === 'optional_of')
    ? (node.args[1][0] ?? node)
    : node
