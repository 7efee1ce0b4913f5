import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContract } from '../../../src/contract/contract.ts';
import { checkFeatures, missingFeatures } from '../../../src/contract/features.ts';
import { formatError, UsageError } from '../../../src/domain/errors.ts';
import { changed, SMALL_CONTRACT } from '../../helpers/small-contract.ts';

function told(files: ReadonlyMap<string, string>): string {
  try {
    loadContract(files);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return formatError(error);
  }
  return 'accepted';
}

function vectorFile(...vectors: string[]): ReadonlyMap<string, string> {
  const text = `{"format": "test-vectors/1", "contract": "discord-webhook", "vectors": [\n${vectors.join(',\n')}\n]}`;
  return new Map(SMALL_CONTRACT).set('vectors/main.json', text);
}

const step = (more = '', http = '') =>
  `{"http": {"method": "GET", "path": "/health"${http}}, "expect": {"status": 200}${more}}`;
const vector = (steps: string, more = '') => `{"id": "v1", "title": "t"${more}, "steps": [${steps}]}`;

test('the small contract is right', () => {
  const contract = loadContract(SMALL_CONTRACT);
  assert.equal(contract.vectors.length, 12);
  assert.deepEqual(contract.features.publish, { since: '1.0.0', required: true, description: '' });
  assert.deepEqual(
    contract.documents.operations?.map(({ method, path }) => `${method} ${path}`),
    ['GET /health', 'POST /interactions', 'GET /items/{id}'],
  );
});

test('vector files: every finding names file, line and vector', () => {
  const V = String.raw`vectors/main\.json:2:\d+: vector "v1": `;
  const cases: [string, ReadonlyMap<string, string>, RegExp][] = [
    [
      'duplicate id',
      vectorFile(vector(step()), vector(step())),
      /main\.json:3:\d+: vector "v1": .*already used at vectors\/main\.json:2:/,
    ],
    [
      'unknown variable',
      vectorFile(vector(step(), ', "vars": {"iid": "x"}').replace('/health', '/{{idi}}')),
      new RegExp(`${V}unknown variable \\{\\{idi\\}\\}.*\\n.*Did you mean \\{\\{iid\\}\\}`),
    ],
    [
      'variable before its output',
      vectorFile(vector(step(', "outputs": {"a": "$response.status"}').replace('/health', '/{{a}}'))),
      new RegExp(`${V}unknown variable`),
    ],
    [
      'unknown feature',
      vectorFile(vector(step(), ', "requires": ["publsh"]')),
      new RegExp(`${V}unknown feature "publsh".*\\n.*"publish"`),
    ],
    [
      'unbound channel',
      vectorFile(vector(step(', "effects": [{"channel": "interaction", "where": {"json": {}}, "count": 1}]'))),
      new RegExp(`${V}unknown channel "interaction", wanted interactions`),
    ],
    [
      'later kind',
      vectorFile(vector('{"smtp": {}, "expect": {}}')),
      new RegExp(`${V}a step of no known kind: found "smtp", wanted `),
    ],
    [
      'unknown kind',
      vectorFile(vector('{"htpt": {}, "expect": {}}')),
      new RegExp(`${V}a step of no known kind: found "htpt".*\\n.*"http"`),
    ],
    [
      'wrong key inside a step',
      vectorFile(vector(step('', ', "heders": {}'))),
      new RegExp(`${V}unknown key "heders".*\\n.*"headers"`),
    ],
    ['missing status', vectorFile(vector(step().replace('"status": 200', ''))), new RegExp(`${V}"status" is missing`)],
    [
      'two bodies',
      vectorFile(vector(step('', ', "json": 1, "text": "x"'))),
      new RegExp(`${V}.*wanted one of json, text and base64`),
    ],
    [
      'bad duration',
      vectorFile(vector(step(', "eventually": "5 s"'))),
      new RegExp(`${V}found "5 s".*wanted a duration`),
    ],
    [
      'bad pointer',
      vectorFile(vector(step().replace('"status": 200', '"status": 200, "absent": ["token"]'))),
      new RegExp(`${V}.*wanted a JSON Pointer`),
    ],
    [
      'wrong embedded schema',
      vectorFile(vector(step().replace('"status": 200', '"status": 200, "json": {"$schema": {"type": "strng"}}'))),
      new RegExp(`${V}the embedded schema is wrong: .*type`),
    ],
    [
      'status as text',
      vectorFile(vector(step().replace('200', '"200"'))),
      new RegExp(`${V}found "200".*wanted a status, or a list`),
    ],
    [
      'another contract',
      changed('vectors/main.json', '"contract":"discord-webhook"', '"contract":"rest-crud"'),
      /main\.json:1:\d+: found vectors of "rest-crud"/,
    ],
    ['broken JSON', changed('vectors/main.json', '"vectors":[', '"vectors":[,'), /vectors\/main\.json:1:\d+: /],
  ];
  for (const [name, files, wanted] of cases) assert.match(told(files), wanted, name);
  const wrongPath = told(vectorFile(vector(step().replace('"/health"', '7'))));
  assert.equal(wrongPath.match(/main\.json/g)?.length, 1, `one finding for one wrong path:\n${wrongPath}`);
  assert.equal(
    told(
      vectorFile(
        vector(step().replace('"status": 200', '"status": 200, "json": {"$schema": {"pattern": "^{{$uuid}}$"}}')),
      ),
    ),
    'accepted',
  );
});

test('contract files: what is told about wrong ones', () => {
  const without = (path: string) => new Map([...SMALL_CONTRACT].filter(([name]) => name !== path));
  const cases: [string, ReadonlyMap<string, string>, RegExp][] = [
    ['no contract.yaml', without('contract.yaml'), /no contract\.yaml/],
    ['missing vectors', without('vectors/main.json'), /vectors\/main\.json is not in the contract/],
    [
      'missing document',
      changed('contract.yaml', 'openapi.yaml', 'openapi.yml'),
      /openapi\.yml is not in .*\n.*"openapi\.yaml"/,
    ],
    ['missing message schema', without('schemas/message.json'), /schemas\/message\.json is not in/],
    [
      'leaving the directory',
      changed('contract.yaml', 'openapi.yaml', '../openapi.yaml'),
      /contract\.yaml:3:11: found "\.\.\/openapi/,
    ],
    ['unknown key', changed('contract.yaml', 'features:', 'feature:'), /contract\.yaml:4:1: unknown key "feature"/],
    [
      'version as number',
      changed('contract.yaml', 'version: 1.2.0', 'version: 1.2'),
      /contract\.yaml:2:10: found 1\.2/,
    ],
    ['OpenAPI 3.0', changed('openapi.yaml', '3.1.0', '3.0.3'), /openapi\.yaml:1:10: found OpenAPI version "3\.0\.3"/],
    [
      'wrong type in a schema',
      changed('openapi.yaml', 'type: integer', 'type: intger'),
      /openapi\.yaml:\d+:\d+: the schema is wrong: .*intger/,
    ],
    [
      'wrong type in a component',
      changed('openapi.yaml', '      type: object\n      required', '      type: objct\n      required'),
      /openapi\.yaml:\d+:\d+: the schema is wrong: .*objct/,
    ],
    [
      'wrong type in a file',
      changed('schemas/health.json', '"object"', '"objct"'),
      /openapi\.yaml:9:\d+: the schema is wrong: .*objct/,
    ],
    [
      'wrong message schema',
      changed('schemas/message.json', '"object"', '"objct"'),
      /schemas\/message\.json: the schema is wrong: .*objct/,
    ],
    [
      'reference to nothing',
      changed('openapi.yaml', '#/components/responses/Answer', '#/components/responses/Anser'),
      /leads to nothing/,
    ],
    [
      'schema reference to nothing',
      changed('openapi.yaml', 'schemas/health.json', 'schemas/helth.json'),
      /can't resolve reference schemas\/helth\.json/,
    ],
    [
      'undeclared path parameter',
      changed('openapi.yaml', 'name: id', 'name: idd'),
      /openapi\.yaml:\d+:\d+: path parameter \{id\} is not declared/,
    ],
    ['impossible status', changed('openapi.yaml', '4XX', '4xx'), /found status 4xx/],
  ];
  for (const [name, files, wanted] of cases) assert.match(told(files), wanted, name);
});

test('features: unknown ones are refused, required ones are missed from their version on', () => {
  const contract = loadContract(SMALL_CONTRACT);
  checkFeatures(contract, ['publish', 'extra']);
  assert.throws(() => checkFeatures(contract, ['exta']), { code: 'feature-unknown', hint: 'Did you mean "extra"?' });
  assert.deepEqual(missingFeatures(contract, '1.2.0', []), ['publish', 'later']);
  assert.deepEqual(missingFeatures(contract, '1.1.0', []), ['publish']);
  assert.deepEqual(missingFeatures(contract, '1.2.0', ['publish', 'later']), []);
});
