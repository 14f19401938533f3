/** Draws how cost grows with size: lines over logarithmic axes, as an SVG of its own without scripts or fonts. */

export type Series = {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export type Chart = {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: readonly Series[]
}

const size = { width: 640, height: 400, left: 70, right: 150, top: 40, bottom: 50 }
const colours = ['#1f6feb', '#d1622b', '#2b8a3e', '#8a3ab9', '#b08800']

/**
 * The SVG of a chart.
 *
 * @throws RangeError when a value is not above 0, which a logarithm does not know
 */
export function drawChart(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points)
  if (points.length === 0 || points.some(([x, y]) => !(x > 0 && y > 0))) {
    throw new RangeError(`The chart "${chart.title}" needs values above 0.`)
  }
  const x = axis(
    points.map(([value]) => value),
    size.left,
    size.width - size.right,
  )
  const y = axis(
    points.map(([, value]) => value),
    size.height - size.bottom,
    size.top,
  )
  const middle = (size.left + size.width - size.right) / 2
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `<title>${escape(chart.title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(middle, 22, chart.title, 'middle', ' font-size="15"'),
    ...x.ticks.map((tick) => line(x.at(tick), size.top, x.at(tick), size.height - size.bottom)),
    ...x.ticks.map((tick) =>
      text(x.at(tick), size.height - size.bottom + 18, short(tick), 'middle'),
    ),
    ...y.ticks.map((tick) => line(size.left, y.at(tick), size.width - size.right, y.at(tick))),
    ...y.ticks.map((tick) => text(size.left - 8, y.at(tick) + 4, short(tick), 'end')),
    text(middle, size.height - 12, chart.x, 'middle'),
    text(12, size.top - 10, chart.y, 'start'),
    ...chart.series.flatMap((series, index) => drawSeries(series, index, x, y)),
    '</svg>\n',
  ].join('\n')
}

type Axis = { readonly ticks: readonly number[]; at(value: number): number }

/** Ticks at 1, 2 and 5 times the powers of ten, or only at the powers where those are many. */
function axis(values: readonly number[], start: number, end: number): Axis {
  const low = Math.log10(Math.min(...values)) - 0.05
  const high = Math.log10(Math.max(...values)) + 0.05
  const steps = high - low > 3 ? [1] : high - low > 1 ? [1, 3] : [1, 1.5, 2, 3, 5, 7]
  const ticks: number[] = []
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const step of steps) {
      const tick = Number((step * 10 ** power).toPrecision(3))
      if (Math.log10(tick) >= low && Math.log10(tick) <= high) ticks.push(tick)
    }
  }
  return {
    ticks,
    at: (value) => round(start + ((Math.log10(value) - low) / (high - low)) * (end - start)),
  }
}

function drawSeries(series: Series, index: number, x: Axis, y: Axis): readonly string[] {
  const colour = colours[index % colours.length] ?? '#000'
  const places = series.points.map((point) => [x.at(point[0]), y.at(point[1])] as const)
  const [lastX = 0, lastY = 0] = places.at(-1) ?? []
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map((place) => place.join(',')).join(' ')}"/>`,
    ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`),
    text(lastX + 8, lastY + 4, series.name, 'start', ` fill="${colour}"`),
  ]
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`
}

function text(
  x: number,
  y: number,
  words: string,
  anchor: 'start' | 'middle' | 'end',
  more = '',
): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${more}>${escape(words)}</text>`
}

function short(value: number): string {
  return value.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 })
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
