import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A font of this machine, as fontconfig tells of it. */
interface MachineFont {
  file: string
  hasColours: boolean
  /** How far it is from a plain sans-serif of regular weight. */
  oddness: number
  /** First and last code points of what it has letters for. */
  covers: [number, number][]
}

let fonts: Promise<MachineFont[]> | undefined
const known = new Map<string, MachineFont[]>()
const read = new Map<string, Promise<Buffer>>()

/**
 * Fonts of this machine that have the character, the plainest first. None where it has no fontconfig, as on systems
 * other than Linux and BSD. What is installed later is seen by the next process.
 */
export async function fontsWith(character: string): Promise<MachineFont[]> {
  const before = known.get(character)
  if (before) return before
  fonts ??= askFontconfig()
  const point = character.codePointAt(0) ?? 0
  const found = (await fonts).filter(({ covers }) =>
    covers.some(([from, to]) => point >= from && point <= to),
  )
  if (known.size > 5_000) known.clear()
  known.set(character, found)
  return found
}

/** Fonts are some megabytes each, and few: they are read once. */
export function fontBytes(file: string): Promise<Buffer> {
  const bytes = read.get(file) ?? readFile(file)
  read.set(file, bytes)
  return bytes
}

async function askFontconfig(): Promise<MachineFont[]> {
  const format = '%{file}\t%{fontformat}\t%{color}\t%{slant}\t%{weight}\t%{charset}\n'
  const { stdout } = await execute('fc-list', ['-f', format], {
    timeout: 20_000,
    maxBuffer: 256 * 1024 * 1024,
  }).catch(() => ({ stdout: '' }))
  return stdout
    .split('\n')
    .flatMap((line) => fontOf(line) ?? [])
    .sort((one, other) => one.oddness - other.oddness)
}

function fontOf(line: string): MachineFont | undefined {
  const [file = '', kind = '', colour = '', slant = '', weight = '', charset = ''] = line.split('\t')
  // Collections of fonts in one file cannot be opened by the layout.
  if (!['TrueType', 'CFF'].includes(kind) || !/\.(ttf|otf)$/i.test(file)) return undefined
  const regular = 80
  const heaviness = Math.abs(Number.parseInt(weight.replace('[', ''), 10) - regular)
  return {
    file,
    hasColours: colour === 'True',
    oddness:
      (/sans/i.test(file) ? 0 : 40) + (/mono|cond|narrow/i.test(file) ? 20 : 0) + Number(slant) + heaviness,
    covers: charset.split(' ').map((range): [number, number] => {
      const [from = '', to = from] = range.split('-')
      return [Number.parseInt(from, 16), Number.parseInt(to, 16)]
    }),
  }
}
