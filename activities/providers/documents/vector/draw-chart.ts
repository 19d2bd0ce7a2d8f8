import type { Palette } from '../look/colour.ts'
import type { ChartPlan } from '../look/plan-chart.ts'
import type { Drawing, Frame } from './marks.ts'
import { drawPie } from './pie.ts'
import { drawSideways } from './sideways.ts'
import { drawUpright, labelsFit } from './upright.ts'

/** A chart without its title, for formats that have no charts of their own. */
export const drawChart = (
  plan: ChartPlan,
  { body, quiet, rule }: Palette,
  room: Pick<Frame, 'width' | 'height' | 'size' | 'stretch'>,
): Drawing => {
  const frame: Frame = { ...room, body, quiet, rule }
  if (plan.shape === 'pie') return drawPie(plan, frame)
  if (plan.shape === 'bar' || (plan.shape === 'column' && !labelsFit(plan, frame)))
    return drawSideways({ ...plan, shape: 'bar' }, frame)
  return drawUpright(plan, frame)
}
