import type { ImageSize } from '../../../shared/contract/steps/image.ts'

/** What is to be painted. */
export interface ImageRequest {
  prompt: string
  /** Without it, the provider's own. */
  size?: ImageSize
}

export interface PaintedImage {
  /** A PNG of just the size that was asked for. */
  bytes: Uint8Array
  model: string
  tokensIn: number
  tokensOut: number
  /** The prompt as the provider changed it. */
  revisedPrompt?: string
}

/** The ability to paint what a prompt describes. Fails with `ProviderBusy` (worth another try) or `ProviderRefused`. */
export interface Images {
  /** What its model is called. */
  readonly model?: string | undefined
  paint(request: ImageRequest, call: { signal: AbortSignal }): Promise<PaintedImage>
}
