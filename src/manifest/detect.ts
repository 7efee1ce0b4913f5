import { LANGUAGES, type Language } from './languages.ts';
import { readPackageJson } from './package-json.ts';

export interface Detected {
  readonly language?: string;
  readonly framework?: string;
  /** Languages that show as well, and were not chosen. */
  readonly others: readonly string[];
}

const DEEPEST = 3;
/** Files of unknown origin are looked through up to here, so that no pattern takes long on any of them. */
const LONGEST_CHARACTERS = 200_000;
const LONGEST_LINE = 1000;

/** Whether a file, by its path in an implementation, may say in what the implementation is written. */
export function isMarker(path: string): boolean {
  return depth(path) <= DEEPEST && languagesOf(path).length > 0;
}

/** What Dependabot calls the package managers of the files at the top of a directory; `docker` for a Dockerfile. */
export function ecosystemsOf(names: readonly string[]): readonly string[] {
  const found = names.flatMap((name) => [
    ...languagesOf(name).flatMap(({ ecosystem }) => (ecosystem === undefined ? [] : [ecosystem])),
    ...(/^Dockerfile$|^Dockerfile\.|\.Dockerfile$/.test(name) && !name.endsWith('.dockerignore') ? ['docker'] : []),
  ]);
  return [...new Set(found)].sort();
}

/** `names`: all paths of an implementation. `texts`: those of its markers, by path. Nothing is guessed. */
export function detect(names: readonly string[], texts: ReadonlyMap<string, string>): Detected {
  const shallow = Math.min(...[...texts.keys()].map(depth));
  const markers = [...texts].filter(([path]) => depth(path) === shallow);
  const found = LANGUAGES.flatMap((language) => {
    const own = markers.filter(([path]) => language.marker.test(fileName(path)));
    return own.length === 0 ? [] : [{ language, texts: own }];
  });
  const [first] = found;
  if (first === undefined) return { others: [] };
  // Several files may show one language: the first that names a framework tells.
  const same = found.filter((one) => one.language.language === first.language.language);
  const framework = same.flatMap((one) =>
    frameworkOf(
      one.language,
      one.texts.map(([, text]) => text),
    ),
  )[0];
  const dialects = found.map(({ language, texts: own }) =>
    dialectOf(
      language.language,
      names,
      own.map(([, t]) => t),
    ),
  );
  const [language, ...others] = [...new Set(dialects)].filter((one) => one !== undefined);
  return {
    ...(language === undefined ? {} : { language }),
    ...(framework === undefined ? {} : { framework }),
    // A package.json beside another language is for its pages, and TypeScript beside Deno is the same.
    others: others.filter((one) => one !== 'javascript' && one !== 'typescript'),
  };
}

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const depth = (path: string) => path.split('/').length;
const languagesOf = (path: string) => LANGUAGES.filter(({ marker }) => marker.test(fileName(path)));

function frameworkOf(language: Language, texts: readonly string[]): readonly string[] {
  const names = new Set(texts.flatMap((text) => dependenciesIn(language, text)));
  const fits = (dependency: string) =>
    dependency.endsWith('*')
      ? [...names].some((name) => name.startsWith(dependency.slice(0, -1)))
      : names.has(dependency) ||
        [...names].some((name) => language.language === 'go' && name.startsWith(`${dependency}/`));
  return language.frameworks.filter(([, dependency]) => fits(dependency)).map(([framework]) => framework);
}

function dependenciesIn(language: Language, text: string): readonly string[] {
  if (language.ecosystem === 'npm') return Object.keys(readPackageJson(text)?.dependencies ?? {});
  const found = [...withoutComments(language.language, text).matchAll(language.dependency)];
  const names = found.map((match) => match.slice(1).find((group) => group !== undefined) ?? '');
  return language.language === 'python' ? names.map((name) => name.toLowerCase().replaceAll('_', '-')) : names;
}

const LINE_COMMENTS: Readonly<Record<string, RegExp>> = {
  python: /#.*$/gm,
  ruby: /#.*$/gm,
  elixir: /#.*$/gm,
  cpp: /#.*$/gm,
  rust: /#.*$/gm,
  swift: /(?<!:)\/\/.*$/gm,
  scala: /\/\/.*$/gm,
};

function withoutComments(language: string, text: string): string {
  const lines = text.slice(0, LONGEST_CHARACTERS).split('\n');
  const [before = '', ...comments] = lines
    .filter((line) => line.length <= LONGEST_LINE)
    .join('\n')
    .split('<!--');
  const plain = [before, ...comments.map((comment) => comment.split('-->').slice(1).join('-->'))].join('');
  const pattern = LINE_COMMENTS[language];
  return pattern === undefined ? plain : plain.replace(pattern, '');
}

/** One build system serves several languages; undefined: it cannot be said which. */
function dialectOf(language: string, names: readonly string[], texts: readonly string[]): string | undefined {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (language === 'java') {
    if (texts.some((text) => /org\.jetbrains\.kotlin|kotlin\("jvm"\)|kotlin-maven-plugin/.test(text))) return 'kotlin';
    return has(/\.scala$/) && !has(/\.java$/) ? 'scala' : 'java';
  }
  if (language === 'cpp') return has(/\.(?:cpp|cc|cxx|hpp|ixx)$/) ? 'cpp' : has(/\.c$/) ? 'c' : undefined;
  if (language === 'javascript') {
    const typescript = texts.some((text) => {
      const found = readPackageJson(text);
      return found !== undefined && 'typescript' in { ...found.dependencies, ...found.devDependencies };
    });
    return typescript || has(/(?:^|\/)tsconfig\.json$/) ? 'typescript' : 'javascript';
  }
  return language;
}
