/** How one language shows in a directory, and which dependency stands for which framework. */
export interface Language {
  readonly language: string;
  /** File names (without directories) that show it. */
  readonly marker: RegExp;
  /** Names of dependencies in such a file's text; each match gives its first group that is set. */
  readonly dependency: RegExp;
  /** Framework and its dependency; the first that is found counts. A `*` at the end takes every continuation. */
  readonly frameworks: readonly (readonly [framework: string, dependency: string])[];
  /** What Dependabot calls it, where it knows it. */
  readonly ecosystem?: string;
}

/** Any word of a file, where a finer look is not worth it. */
const WORD = /([@A-Za-z_][\w./@-]*)/g;
const QUOTED = /["']([\w.@/:-]+)["']/g;

const JVM: Language['frameworks'] = [
  ['quarkus', 'quarkus*'],
  ['quarkus', 'io.quarkus*'],
  ['micronaut', 'micronaut*'],
  ['micronaut', 'io.micronaut*'],
  ['spring-boot', 'spring-boot*'],
  ['spring-boot', 'org.springframework.boot*'],
  ['ktor', 'ktor*'],
  ['ktor', 'io.ktor*'],
  ['play', 'com.typesafe.play*'],
  ['play', 'org.playframework*'],
  ['helidon', 'helidon*'],
  ['javalin', 'javalin*'],
  ['http4k', 'http4k*'],
  ['dropwizard', 'dropwizard*'],
  ['vertx', 'vertx*'],
  ['zio-http', 'zio-http*'],
  ['http4s', 'http4s*'],
  ['pekko-http', 'pekko-http*'],
  ['akka-http', 'akka-http*'],
];

const PYTHON: Language['frameworks'] = [
  ['fastapi', 'fastapi'],
  ['django', 'django'],
  ['flask', 'flask'],
  ['litestar', 'litestar'],
  ['sanic', 'sanic'],
  ['falcon', 'falcon'],
  ['quart', 'quart'],
  ['bottle', 'bottle'],
  ['tornado', 'tornado'],
  ['aiohttp', 'aiohttp'],
  ['starlette', 'starlette'],
];

/** In order of weight: a web application in any of them may hold a package.json for its pages, so that one is last. */
export const LANGUAGES: readonly Language[] = [
  {
    language: 'go',
    marker: /^go\.mod$/,
    dependency: /^[ \t]*(?:require[ \t]+)?([\w.-]+\/[\w./~-]+)[ \t]+v[\w.+-]+[ \t\r]*$/gm,
    frameworks: [
      ['gin', 'github.com/gin-gonic/gin'],
      ['echo', 'github.com/labstack/echo*'],
      ['fiber', 'github.com/gofiber/fiber*'],
      ['chi', 'github.com/go-chi/chi*'],
      ['gorilla-mux', 'github.com/gorilla/mux'],
      ['hertz', 'github.com/cloudwego/hertz'],
      ['beego', 'github.com/beego/beego*'],
      ['iris', 'github.com/kataras/iris*'],
      ['httprouter', 'github.com/julienschmidt/httprouter'],
      ['fasthttp', 'github.com/valyala/fasthttp'],
    ],
    ecosystem: 'gomod',
  },
  {
    language: 'rust',
    marker: /^Cargo\.toml$/,
    dependency: /^[ \t]*([\w-]+)(?:\.workspace)?[ \t]*=|^\[[^\]\n]*dependencies\.([\w-]+)\]/gm,
    frameworks: [
      ['actix-web', 'actix-web'],
      ['axum', 'axum'],
      ['rocket', 'rocket'],
      ['poem', 'poem'],
      ['salvo', 'salvo'],
      ['warp', 'warp'],
      ['tide', 'tide'],
      ['hyper', 'hyper'],
    ],
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
    frameworks: [
      ['laravel', 'laravel/framework'],
      ['lumen', 'laravel/lumen-framework'],
      ['symfony', 'symfony/framework-bundle'],
      ['slim', 'slim/slim'],
      ['hyperf', 'hyperf/*'],
      ['cakephp', 'cakephp/cakephp'],
      ['yii', 'yiisoft/yii2'],
      ['codeigniter', 'codeigniter4/framework'],
    ],
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
    dependency: QUOTED,
    frameworks: [
      ['nestjs', '@nestjs/core'],
      ['next', 'next'],
      ['nuxt', 'nuxt'],
      ['adonis', '@adonisjs/core'],
      ['fastify', 'fastify'],
      ['express', 'express'],
      ['koa', 'koa'],
      ['hapi', '@hapi/hapi'],
      ['hono', 'hono'],
      ['elysia', 'elysia'],
      ['restify', 'restify'],
      ['polka', 'polka'],
      ['h3', 'h3'],
    ],
    ecosystem: 'npm',
  },
];
