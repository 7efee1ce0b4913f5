/** A part of a text that can give way to others. */
export interface Section {
  /** Sections with one name give way together. */
  readonly name: string;
  /** The fullest first, then shorter ones; an empty one is left out. At least one. */
  readonly versions: readonly string[];
}

/** What is never shortened. */
export function firm(text: string): Section {
  return { name: '', versions: [text] };
}

/**
 * The fullest text that fits: one step after the other, each to the next shorter version of the sections of one name,
 * and no further than needed. When nothing fits, what the last step leaves. `write` gets the texts that are not empty
 * and the names of what is shorter than it could be.
 */
export function shed(
  sections: readonly Section[],
  steps: readonly string[],
  write: (texts: readonly string[], shortened: readonly string[]) => string,
  fits: (text: string) => boolean,
): string {
  const taken = new Map<string, number>();
  const attempt = () => {
    const chosen = sections.map(({ name, versions }) => {
      const level = Math.min(taken.get(name) ?? 0, versions.length - 1);
      return { name, level, text: versions[level] ?? '' };
    });
    const shortened = new Set(chosen.filter(({ level }) => level > 0).map(({ name }) => name));
    return write(
      chosen.map(({ text }) => text).filter((text) => text !== ''),
      [...shortened],
    );
  };
  let text = attempt();
  for (const step of steps) {
    if (fits(text)) break;
    taken.set(step, (taken.get(step) ?? 0) + 1);
    text = attempt();
  }
  return text;
}

/** One version a length, the fullest first, each with how many lines it leaves out. Short lists are the same in many. */
export function shorterLists<T>(
  lines: readonly T[],
  lengths: readonly number[],
  write: (lines: readonly T[], more: number) => string,
): readonly string[] {
  return [lines.length, ...lengths].map((length) => write(lines.slice(0, length), Math.max(0, lines.length - length)));
}
