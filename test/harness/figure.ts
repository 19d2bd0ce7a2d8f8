/** The sum of a figure's lines on a Prometheus page that carry these labels; undefined where there is none. */
export function figure(page: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const values = page
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
  return values.length > 0 ? values.reduce((sum, value) => sum + value) : undefined
}
