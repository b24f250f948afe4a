/** Did the figure grow since it was last asked? */
export function growing(figure: () => number): () => boolean {
  let before = 0
  return () => {
    const now = figure()
    const grew = now > before
    before = now
    return grew
  }
}
