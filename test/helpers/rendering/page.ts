import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { githubHtml } from './github.ts';

const styles = dirname(createRequire(import.meta.url).resolve('github-markdown-css/github-markdown.css'));
const css = readFileSync(join(styles, 'github-markdown.css'), 'utf8');

/** A page with comments as GitHub shows them; its colours follow the browser's preference. */
export function githubPage(comments: readonly string[]): string {
  const boxes = comments.map(
    (markdown) => `<div class="box"><article class="markdown-body">${githubHtml(markdown)}</article></div>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comments</title>
<link rel="icon" href="data:,">
<style>
${css}
:root { color-scheme: light dark; }
body { margin: 0; padding: 16px; background: light-dark(#ffffff, #0d1117); }
.box { max-width: 900px; margin: 0 auto 16px; border: 1px solid light-dark(#d1d9e0, #3d444d); border-radius: 6px; }
.markdown-body { padding: 16px; font-size: 14px; }
@media (max-width: 767px) { body { padding: 8px; } }
</style>
</head>
<body>
${boxes.join('\n')}
</body>
</html>
`;
}
