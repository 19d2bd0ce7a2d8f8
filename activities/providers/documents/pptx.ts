import { paletteOf } from './look/colour.ts'
import { latinFont } from './look/scripts.ts'
import type { Writer } from './port.ts'
import { deckOf } from './pptx/deck.ts'
import { finish } from './pptx/finish.ts'
import { slide } from './pptx/frame.ts'
import { PptxGenJS } from './pptx/library.ts'
import { mastersOf } from './pptx/masters.ts'
import { addCover, addPage } from './pptx/page.ts'

/** A PowerPoint deck: layouts of its own, native tables and charts, the brand's colours in its theme. */
export const writePptx: Writer = async (request) => {
  const palette = paletteOf(request.brand)
  const plan = deckOf(request)
  const deck = new PptxGenJS()
  deck.defineLayout({ name: 'wide', width: slide.w, height: slide.h })
  deck.layout = 'wide'
  deck.theme = { headFontFace: latinFont, bodyFontFace: latinFont }
  deck.title = request.name
  deck.author = request.brand.name
  deck.subject = request.label ?? ''
  for (const master of mastersOf(request, palette)) deck.defineSlideMaster(master)
  addCover({ deck, palette }, plan.cover)
  for (const page of plan.pages) addPage({ deck, palette }, page)
  const drawn = (await deck.write({ outputType: 'uint8array' })) as Uint8Array
  return {
    bytes: await finish(drawn, palette),
    mediaType: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    extension: 'pptx',
  }
}
