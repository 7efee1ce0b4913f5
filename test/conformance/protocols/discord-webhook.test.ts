import { shippedProtocol } from '../../helpers/shipped-contract.ts';
import { protocolSuite } from '../protocol.suite.ts';

const contentType = 'application/json';

protocolSuite(shippedProtocol('discord-webhook'), {
  right: { status: 200, contentType: 'application/json; charset=utf-8', body: '{ "type": 1 }' },
  wrong: [
    { status: 401, contentType, body: '{"type":1}' },
    { status: 200, contentType, body: '{"type":5}' },
    { status: 200, contentType, body: '{"type":"1"}' },
    { status: 200, contentType, body: '[1]' },
    { status: 200, contentType, body: 'null' },
    { status: 200, contentType, body: '{"type":1' },
    { status: 200, contentType: 'text/html', body: '{"type":1}' },
    { status: 200, body: '{"type":1}' },
  ],
});
