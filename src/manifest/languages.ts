import { type Frameworks, GO, JAVASCRIPT, JVM, PHP, PYTHON, RUST } from './frameworks.ts';

/** How one language shows in a directory, and which dependency stands for which framework. */
export interface Language {
  readonly language: string;
  /** File names (without directories) that show it. */
  readonly marker: RegExp;
  /** Names of dependencies in such a file's text; each match gives its first group that is set. */
  readonly dependency: RegExp;
  readonly frameworks: Frameworks;
  /** What Dependabot calls it, where it knows it. */
  readonly ecosystem?: string;
}

/** Any word of a file, where a finer look is not worth it. */
const WORD = /([@A-Za-z_][\w./@-]*)/g;

/** In order of weight: a web application in any of them may hold a package.json for its pages, so that one is last. */
export const LANGUAGES: readonly Language[] = [
  {
    language: 'go',
    marker: /^go\.mod$/,
    dependency: /^[ \t]*(?:require[ \t]+)?([\w.-]+\/[\w./~-]+)[ \t]+v[\w.+-]+[ \t\r]*$/gm,
    frameworks: GO,
    ecosystem: 'gomod',
  },
  {
    language: 'rust',
    marker: /^Cargo\.toml$/,
    dependency: /^[ \t]*([\w-]+)(?:\.workspace)?[ \t]*=|^\[[^\]\n]*dependencies\.([\w-]+)\]/gm,
    frameworks: RUST,
    ecosystem: 'cargo',
  },
  {
    language: 'elixir',
    marker: /^mix\.exs$/,
    dependency: /\{\s*:(\w+)\s*,/g,
    frameworks: [
      ['phoenix', 'phoenix'],
      ['plug', 'plug_cowboy'],
      ['plug', 'bandit'],
    ],
    ecosystem: 'mix',
  },
  {
    language: 'php',
    marker: /^composer\.json$/,
    dependency: /"([\w.-]+\/[\w.-]+)"\s*:/g,
    frameworks: PHP,
    ecosystem: 'composer',
  },
  {
    language: 'ruby',
    marker: /^Gemfile$/,
    dependency: /^[ \t]*gem[ \t(]+["']([\w-]+)["']/gm,
    frameworks: [
      ['rails', 'rails'],
      ['sinatra', 'sinatra'],
      ['hanami', 'hanami'],
      ['grape', 'grape'],
      ['roda', 'roda'],
      ['rack', 'rack'],
    ],
    ecosystem: 'bundler',
  },
  {
    language: 'scala',
    marker: /^build\.sbt$/,
    dependency: /["']([\w.-]+)["']|enablePlugins\(\s*(\w+)/g,
    frameworks: [...JVM, ['play', 'Play*']],
  },
  {
    language: 'java',
    marker: /^pom\.xml$/,
    dependency: /<(?:artifactId|groupId)>\s*([\w.-]+)\s*</g,
    frameworks: JVM,
    ecosystem: 'maven',
  },
  {
    language: 'java',
    marker: /^build\.gradle(?:\.kts)?$/,
    dependency: /["'(:]([\w.-]+)/g,
    frameworks: JVM,
    ecosystem: 'gradle',
  },
  {
    language: 'csharp',
    marker: /\.csproj$/,
    dependency: /(?:Include|Sdk)\s*=\s*["']([\w.-]+)["']/g,
    frameworks: [
      ['fastendpoints', 'FastEndpoints'],
      ['servicestack', 'ServiceStack*'],
      ['aspnet-core', 'Microsoft.NET.Sdk.Web'],
      ['aspnet-core', 'Microsoft.AspNetCore*'],
    ],
    ecosystem: 'nuget',
  },
  {
    language: 'fsharp',
    marker: /\.fsproj$/,
    dependency: /(?:Include|Sdk)\s*=\s*["']([\w.-]+)["']/g,
    frameworks: [
      ['giraffe', 'Giraffe'],
      ['falco', 'Falco'],
      ['saturn', 'Saturn'],
      ['aspnet-core', 'Microsoft.NET.Sdk.Web'],
    ],
    ecosystem: 'nuget',
  },
  {
    language: 'swift',
    marker: /^Package\.swift$/,
    dependency: /(?:url|name|package):\s*"(?:[^"]*\/)?([\w-]+?)(?:\.git)?"/g,
    frameworks: [
      ['vapor', 'vapor'],
      ['hummingbird', 'hummingbird'],
    ],
    ecosystem: 'swift',
  },
  {
    language: 'dart',
    marker: /^pubspec\.ya?ml$/,
    dependency: /^[ \t]+([a-z_]+):/gm,
    frameworks: [
      ['dart-frog', 'dart_frog'],
      ['serverpod', 'serverpod'],
      ['shelf', 'shelf'],
    ],
    ecosystem: 'pub',
  },
  {
    language: 'crystal',
    marker: /^shard\.yml$/,
    dependency: /^[ \t]+([a-z_]+):/gm,
    frameworks: [
      ['kemal', 'kemal'],
      ['lucky', 'lucky'],
    ],
  },
  {
    language: 'haskell',
    marker: /^stack\.yaml$|\.cabal$/,
    dependency: WORD,
    frameworks: [
      ['servant', 'servant-server'],
      ['yesod', 'yesod'],
      ['scotty', 'scotty'],
      ['warp', 'warp'],
    ],
  },
  {
    language: 'ocaml',
    marker: /^dune-project$/,
    dependency: WORD,
    frameworks: [
      ['dream', 'dream'],
      ['opium', 'opium'],
    ],
  },
  {
    language: 'clojure',
    marker: /^(?:deps\.edn|project\.clj)$/,
    dependency: WORD,
    frameworks: [
      ['pedestal', 'io.pedestal/*'],
      ['reitit', 'metosin/reitit*'],
      ['compojure', 'compojure*'],
      ['ring', 'ring/*'],
    ],
  },
  {
    language: 'erlang',
    marker: /^rebar\.config$/,
    dependency: WORD,
    frameworks: [['cowboy', 'cowboy']],
  },
  {
    language: 'gleam',
    marker: /^gleam\.toml$/,
    dependency: WORD,
    frameworks: [
      ['wisp', 'wisp'],
      ['mist', 'mist'],
    ],
  },
  {
    language: 'zig',
    marker: /^build\.zig$/,
    dependency: WORD,
    frameworks: [
      ['zap', 'zap'],
      ['httpz', 'httpz'],
    ],
  },
  {
    language: 'cpp',
    marker: /^(?:CMakeLists\.txt|conanfile\.txt|vcpkg\.json)$/,
    dependency: WORD,
    frameworks: [
      ['drogon', 'drogon*'],
      ['drogon', 'Drogon*'],
      ['oatpp', 'oatpp*'],
      ['crow', 'crow'],
      ['crow', 'Crow*'],
      ['pistache', 'pistache*'],
      ['poco', 'Poco*'],
      ['userver', 'userver*'],
    ],
  },
  {
    language: 'python',
    marker: /^requirements[\w.-]*\.txt$/,
    dependency: /^[ \t]*([A-Za-z0-9][\w.-]*)/gm,
    frameworks: PYTHON,
    ecosystem: 'pip',
  },
  {
    language: 'python',
    marker: /^(?:pyproject\.toml|Pipfile|setup\.py)$/,
    dependency: /["']([A-Za-z0-9][\w.-]*)|^([A-Za-z0-9][\w.-]*)[ \t]*=/gm,
    frameworks: PYTHON,
    ecosystem: 'pip',
  },
  {
    language: 'typescript',
    marker: /^deno\.jsonc?$/,
    dependency: /["'](?:npm:|jsr:)?(@?[\w-]+(?:\/[\w-]+)?)/g,
    frameworks: [
      ['fresh', '@fresh/core'],
      ['hono', 'hono'],
      ['hono', '@hono/hono'],
      ['oak', '@oak/oak'],
    ],
  },
  {
    language: 'javascript',
    marker: /^package\.json$/,
    // Read as JSON, see package-json.ts.
    dependency: WORD,
    frameworks: JAVASCRIPT,
    ecosystem: 'npm',
  },
];
