import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../usage-error.ts'

/** Opens a text in the person's editor and gives what they made of it. The temporary file is for their eyes only. */
export async function editText(text: string, env = process.env): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'))
  const path = join(folder, 'edit.md')
  try {
    await writeFile(path, text, { mode: 0o600 })
    await openEditor(env.VISUAL || env.EDITOR || (process.platform === 'win32' ? 'notepad' : 'vi'), path)
    const edited = await readFile(path, 'utf8')
    // Editors end a file with a line break; that is no change.
    return text.endsWith('\n') ? edited : edited.replace(/\r?\n$/, '')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** `EDITOR` may carry arguments (`code --wait`), so a shell reads it; the path is passed beside it. */
async function openEditor(editor: string, path: string): Promise<void> {
  const child =
    process.platform === 'win32'
      ? spawn(`${editor} "${path}"`, { stdio: 'inherit', shell: true })
      : spawn('/bin/sh', ['-c', `${editor} "$1"`, 'editor', path], { stdio: 'inherit' })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  const code = await promise
  if (code !== 0)
    throw new UsageError(
      `The editor “${editor}” ended with an error (${code}). Set EDITOR to the one you want.`,
    )
}
