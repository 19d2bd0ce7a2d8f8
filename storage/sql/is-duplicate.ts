/** Whether PostgreSQL refused a row because another one has what must be unique (code 23505), however deep that is wrapped. */
export function isDuplicate(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++)
    if ((at as { code?: unknown }).code === '23505') return true
  return false
}
