/** Whether a text fits. */
export type TextTest = (text: string) => boolean;

const STAR = 0x2a;
const QUESTION = 0x3f;

/** Compiles a value, a glob, or a list of either: the text must fit one of them. */
export function compilePatterns(patterns: string | readonly string[]): TextTest {
  const list = typeof patterns === 'string' ? [patterns] : patterns;
  const literals = new Set(list);
  const globs = list.filter((pattern) => /[*?]/.test(pattern));
  return (text) => literals.has(text) || globs.some((glob) => fitsGlob(glob, text));
}

/**
 * Whether the whole text fits the glob: `*` is any text, the empty one too, `?` is one code point, all else is itself,
 * case-sensitive. Takes at most pattern x text steps, whatever the pattern: on a mismatch only the last star yields.
 */
export function fitsGlob(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let afterStar = 0;
  let starText = 0;
  while (t < text.length) {
    const wanted = glob.codePointAt(g);
    const found = text.codePointAt(t) ?? 0;
    if (wanted === STAR) {
      g += 1;
      afterStar = g;
      starText = t;
    } else if (wanted === QUESTION || wanted === found) {
      g += wanted === QUESTION ? 1 : unitsOf(found);
      t += unitsOf(found);
    } else if (afterStar > 0) {
      starText += unitsOf(text.codePointAt(starText) ?? 0);
      t = starText;
      g = afterStar;
    } else return false;
  }
  while (glob.codePointAt(g) === STAR) g += 1;
  return g === glob.length;
}

/** UTF-16 code units that a code point takes. */
function unitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
