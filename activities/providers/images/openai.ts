import type OpenAI from 'openai'
import sharp from 'sharp'
import type { ImageSize } from '../../../shared/contract/steps/image.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import { createOpenAiCaller, type OpenAiOptions } from '../openai-caller.ts'
import type { ImageRequest, Images, PaintedImage } from './port.ts'

const words = { what: 'The image model', setting: 'OPENAI_IMAGE_MODEL' }

/** More than any model paints; a file that unpacks to more is made to. */
const pixelLimit = 50_000_000

/** Any endpoint that speaks OpenAI's images protocol. */
export function createOpenAiImages({ timeLimit = 300_000, ...options }: OpenAiOptions): Images {
  const { model } = options
  const ask = createOpenAiCaller({ ...options, timeLimit }, words)
  return {
    model,
    paint: (request, { signal }) => ask(signal, (client, either) => paint(client, model, request, either)),
  }
}

async function paint(
  client: OpenAI,
  model: string,
  { prompt, size }: ImageRequest,
  signal: AbortSignal,
): Promise<PaintedImage> {
  const answer = await client.images.generate(
    {
      model,
      prompt,
      n: 1,
      size: nearestSize(model, size),
      // Its newer models always answer so, and refuse to be asked.
      ...(isNewer(model) ? {} : { response_format: 'b64_json' as const }),
    },
    { signal },
  )
  const [picture] = Array.isArray(answer?.data) ? answer.data : []
  if (!picture?.b64_json)
    throw fail(
      'ProviderRefused',
      picture?.url
        ? 'The image model gave an address in place of a picture. Set OPENAI_IMAGE_MODEL to one that answers with b64_json.'
        : 'The image model answered without a picture.',
    )
  return {
    bytes: await asPng(Buffer.from(picture.b64_json, 'base64'), size),
    model,
    tokensIn: answer.usage?.input_tokens ?? 0,
    tokensOut: answer.usage?.output_tokens ?? 0,
    ...(picture.revised_prompt ? { revisedPrompt: picture.revised_prompt } : {}),
  }
}

const isNewer = (model: string) => /^(?:chat)?gpt-/.test(model)

/** The shapes that the models paint: lying, standing, square. What is left over is cut off. */
function nearestSize(model: string, size: ImageSize | undefined) {
  const ratio = size ? size.width / size.height : 1
  const [lying, standing] =
    model === 'dall-e-3' ? (['1792x1024', '1024x1792'] as const) : (['1536x1024', '1024x1536'] as const)
  if (model === 'dall-e-2') return '1024x1024'
  return ratio > 1.2 ? lying : ratio < 1 / 1.2 ? standing : '1024x1024'
}

/** The picture as a PNG of the size asked for. Its kind is told by its content, whatever the provider calls it. */
async function asPng(bytes: Uint8Array, size: ImageSize | undefined): Promise<Uint8Array> {
  try {
    const picture = sharp(bytes, { limitInputPixels: pixelLimit })
    const { format } = await picture.metadata()
    if (!['png', 'jpeg', 'webp'].includes(format)) throw new Error(`it is ${format}`)
    return await (size ? picture.resize({ ...size, fit: 'cover' }) : picture).png().toBuffer()
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read'
    throw fail('ProviderBusy', `The image model sent something that is no picture (${why}).`)
  }
}
