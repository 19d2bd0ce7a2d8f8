import { decodeText } from './decode-text.ts'
import { damaged } from './unreadable.ts'

/** Plain text, Markdown and CSV are handed on as they are written. */
export const readPlain = async (bytes: Buffer, name: string): Promise<string> => {
  const decoded = decodeText(bytes)
  if (!decoded) throw damaged(name)
  return decoded.text
}
