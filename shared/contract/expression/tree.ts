import type { ASTNode } from '@marcbachmann/cel-js'

/** Calls that bind their first argument as a name, and take the others for each item. */
export const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

/** Calls that are made on an optional value. */
export const optionalCalls: ReadonlySet<string> = new Set(['hasValue', 'orValue', 'or'])

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value

/** The nodes right below one. */
export const childrenOf = (node: ASTNode): ASTNode[] =>
  node.op === 'value' ? [] : [node.args].flat(3).filter(isNode)
