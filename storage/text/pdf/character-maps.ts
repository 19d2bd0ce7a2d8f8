import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

/**
 * Chinese, Japanese and Korean PDFs may name one of Adobe's character maps without containing it. They come with `pdfjs-dist`; the build of
 * PDF.js in unpdf is made for runtimes without a disk and would fetch them, so it is given this way to the files.
 */
export class CharacterMaps {
  async fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const folder = { cMapUrl: 'cmaps', standardFontDataUrl: 'standard_fonts' }[kind]
    if (!folder) throw new Error(`No files of the kind ${kind} are provided`)
    const packageFile = import.meta.resolve('pdfjs-dist/package.json')
    return new Uint8Array(await readFile(new URL(`./${folder}/${basename(filename)}`, packageFile)))
  }
}
