/** The candidate that a mistyped name most likely means; undefined when none is near. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate)
    if (distance >= least) continue
    least = distance
    best = candidate
  }
  return best
}

/** A sentence such as ` Did you mean --port?`, or nothing. */
export function didYouMean(
  name: string,
  candidates: readonly string[],
  show = (text: string) => text,
): string {
  const nearest = nearestName(name, candidates)
  return nearest === undefined ? '' : ` Did you mean ${show(nearest)}?`
}

/** How many letters must be put in, left out, replaced or swapped with their neighbour; one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2] : undefined
      next.push(
        Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (swapped ?? Infinity) + 1),
      )
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
