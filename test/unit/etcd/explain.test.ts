import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { asksForTls, cleanText, explainFailure } from '../../../src/etcd/explain.js';

const test = suite('explaining failures');

function coded(code: string, more: object = {}): Error {
  return Object.assign(new Error(`message of ${code}`), { code }, more);
}

const tlsAlert = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02]);

const table: readonly [string, Error, boolean, string][] = [
  ['a refusal', coded('ECONNREFUSED'), false, 'connection refused'],
  [
    'TLS towards plain text',
    coded('ERR_SSL_WRONG_VERSION_NUMBER'),
    true,
    'does not speak TLS here (leave tls out for plain HTTP)',
  ],
  [
    'plain text towards TLS, answered',
    coded('HPE_INVALID_CONSTANT', { rawPacket: tlsAlert }),
    false,
    'answers with TLS (set tls)',
  ],
  [
    'plain text towards TLS, closed',
    coded('ECONNRESET'),
    false,
    'closed the connection without an answer (if it speaks TLS, set tls)',
  ],
  [
    'a close in the handshake',
    coded('ECONNRESET'),
    true,
    'closed the connection during TLS (if it speaks plain HTTP, leave tls out; or it refuses the client certificate)',
  ],
  [
    'a missing client certificate',
    coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    true,
    'demands a client certificate (set cert-file and key-file)',
  ],
  [
    'an alert without words of its own',
    coded('ERR_SSL_TLSV1_ALERT_NO_RENEGOTIATION'),
    true,
    'ended TLS with the alert "no renegotiation"',
  ],
  ['another protocol', coded('HPE_INVALID_CONSTANT'), false, 'does not answer in HTTP'],
];

for (const [what, error, usedTls, expected] of table) {
  test(`tells of ${what}`, () => {
    assert.is(explainFailure(error, usedTls), expected);
  });
}

const alerts: readonly [string, RegExp][] = [
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', /^refuses the client certificate.*set cert-file/],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', /^refuses the client certificate/],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /client certificate's CA \(use a cert-file/],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', /ciphers.*set cert-file/],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /TLS version.*1\.2 or 1\.3/],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', /TLS version.*1\.2 or 1\.3/],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', /expired \(renew cert-file/],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', /./],
  ['CERT_HAS_EXPIRED', /certificate that has expired/],
  ['SELF_SIGNED_CERT_IN_CHAIN', /CA that is not trusted/],
];

for (const [code, words] of alerts) {
  test(`puts ${code} into words`, () => {
    const told = explainFailure(coded(code), true);
    assert.match(told, words);
    assert.ok(told.length <= 200, 'a line of the log may hold it');
  });
}

test('recognizes a Go server that asks for TLS', () => {
  assert.ok(asksForTls(400, 'Client sent an HTTP request to an HTTPS server.\n'));
  assert.not.ok(asksForTls(400, 'Bad Request'));
  assert.not.ok(asksForTls(200, 'Client sent an HTTP request to an HTTPS server.\n'));
});

test('makes one short printable line of any text', () => {
  assert.is(cleanText('  one\r\n two\u0000\u202e '), 'one two');
  assert.is(cleanText('x'.repeat(100_000)).length, 201);
});

test.run();
