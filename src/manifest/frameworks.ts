/** Framework and the dependency that stands for it; the first that is found counts. A `*` at the end takes every continuation. */
export type Frameworks = readonly (readonly [framework: string, dependency: string])[];

export const JVM: Frameworks = [
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

export const PYTHON: Frameworks = [
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

export const GO: Frameworks = [
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
];

export const RUST: Frameworks = [
  ['actix-web', 'actix-web'],
  ['axum', 'axum'],
  ['rocket', 'rocket'],
  ['poem', 'poem'],
  ['salvo', 'salvo'],
  ['warp', 'warp'],
  ['tide', 'tide'],
  ['hyper', 'hyper'],
];

export const PHP: Frameworks = [
  ['laravel', 'laravel/framework'],
  ['lumen', 'laravel/lumen-framework'],
  ['symfony', 'symfony/framework-bundle'],
  ['slim', 'slim/slim'],
  ['hyperf', 'hyperf/*'],
  ['cakephp', 'cakephp/cakephp'],
  ['yii', 'yiisoft/yii2'],
  ['codeigniter', 'codeigniter4/framework'],
];

export const JAVASCRIPT: Frameworks = [
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
];
