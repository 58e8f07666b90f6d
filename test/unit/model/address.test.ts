import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  bindingsOf,
  formatAddress,
  isDispensable,
  isHostName,
  isLoopbackHost,
  isSameListener,
  listenersCollide,
  parseEndpointAddress,
  parseListenAddress,
  type Address,
  type Parsed,
} from '../../../src/model/address.js';

const test = suite('address');

const accepted: readonly (readonly [text: string, canonical: string])[] = [
  ['infra0.example.com:2379', 'infra0.example.com:2379'],
  ['INFRA0.Example.com:2379', 'infra0.example.com:2379'],
  ['_etcd.example.com.:1', '_etcd.example.com.:1'],
  ['127.0.0.1:65535', '127.0.0.1:65535'],
  ['[::1]:2379', '[::1]:2379'],
  ['[0:0:0:0:0:0:0:1]:2379', '[::1]:2379'],
  ['[2001:DB8:0::A]:2379', '[2001:db8::a]:2379'],
  ['[fe80::1%eth0]:2379', '[fe80::1%eth0]:2379'],
  ['[FE80::0:1%Eth0]:2379', '[fe80::1%Eth0]:2379'],
  ['[fe80::1%wlp3s0.100]:1', '[fe80::1%wlp3s0.100]:1'],
  ['[fe80::1%2]:2379', '[fe80::1%2]:2379'],
  ['unix:/run/etcd.sock', 'unix:/run/etcd.sock'],
  ['unix:/run//etcd/../etcd.sock', 'unix:/run/etcd.sock'],
];

for (const [text, canonical] of accepted) {
  test(`reads ${text}`, () => {
    assert.is(formatted(parseEndpointAddress(text)), canonical);
    assert.is(formatted(parseListenAddress(text)), canonical);
  });
}

for (const text of [':23790', '0.0.0.0:1', '[::]:1']) {
  test(`reads ${text} for a listener only`, () => {
    assert.is(formatted(parseListenAddress(text)), text);
    assert.not.ok(parseEndpointAddress(text).ok);
  });
}

const variable = 'variables are not expanded: write the value itself';
const port = 'write a number from 1 to 65535';
const inWords = 'write host:port, [v6]:port or unix:/path';
const zone = "write an interface's name, or its number, as [fe80::1%eth0]:2379";
const refused: readonly (readonly [text: string, told: string])[] = [
  ['https://h:2379', '"https://h:2379" has a scheme (write h:2379)'],
  ['http://h:2379/v3?x#y', '"http://h:2379/v3?x#y" has a scheme (write h:2379)'],
  ['https://', '"https://" has a scheme (write host:port)'],
  ['https://root:pa/s@s@h:1', '"https://…@h:1" has a scheme (write h:1)'],
  ['root:secret@h:2379', '"…@h:2379" has a user (write h:2379)'],
  ['h:2379/health', '"h:2379/health" has a path (write h:2379)'],
  ['/run/x.sock', '"/run/x.sock" is a path (write unix:/run/x.sock)'],
  ['./x.sock', '"./x.sock" is a path (write unix:/PATH)'],
  ['2380', '2380 is a port alone (write host:2380)'],
  ['*:1', '"*" is not a host name (write letters, digits, "-" and "_", parted by dots)'],
  ['a:1,b:2', '"a:1,b:2" is several addresses (write each by itself: a:1, b:2)'],
  ['a:1 b:2', '"a:1 b:2" is several addresses (write each by itself: a:1, b:2)'],
  [
    'https://a:1,https://b:2/',
    '"https://a:1,https://b:2/" is several addresses (write each by itself: a:1, b:2)',
  ],
  ['u:1,w@h:1', '"…@h:1" has a user (write h:1)'],
  ['${HOST}:1', `"\${HOST}:1" has a variable in it (${variable})`],
  ['$HOST:1', `"$HOST:1" has a variable in it (${variable})`],
  ['{{ host }}:1', `"{{ host }}:1" has a variable in it (${variable})`],
  ['unix:/run/$(id -u)/x', `"unix:/run/$(id -u)/x" has a variable in it (${variable})`],
  ['h', '"h" has no port (write h:2379)'],
  ['', '"" has no port (write host:2379)'],
  ['h:', `"h:" has no port (${port})`],
  ['h:0', `"0" is not a port (${port})`],
  ['h:99999', `"99999" is not a port (${port})`],
  ['h:65536', `"65536" is not a port (${port})`],
  ['h:-5', `"-5" is not a port (${port})`],
  ['h:http', `"http" is not a port (${port})`],
  ['h:2379abc', `"2379abc" is not a port (${port})`],
  ['h:+1', `"+1" is not a port (${port})`],
  ['h: 1', `"h: 1" has white space (${inWords})`],
  ['h\u202E:1', `"h\\u{202e}:1" has white space (${inWords})`],
  ['::1', '"::1" has no port (write [::1]:2379)'],
  ['[::1]', '"[::1]" has no port (write [::1]:2379)'],
  ['[::1:2379', '"[::1:2379" is not host:port (write an IPv6 host in brackets, as [::1]:2379)'],
  ['a:b:1', '"a:b:1" is not host:port (write an IPv6 host in brackets, as [::1]:2379)'],
  ['[fe80::1%]:1', `"" is not a zone (${zone})`],
  ['[fe80::1%br_lan]:1', `"br_lan" is not a zone (${zone})`],
  ['[fe80::1%a%b]:1', `"a%b" is not a zone (${zone})`],
  ['[h]:1', `"h" is not an IPv6 address (${inWords})`],
  [':1', 'the host is missing (write host:port)'],
  ['0.0.0.0:1', '0.0.0.0 is not an address to connect to (write 127.0.0.1:PORT or a host)'],
  ['[::0]:1', '::0 is not an address to connect to (write [::1]:PORT or a host)'],
  ['1.2.3:1', '"1.2.3" is not a host name (write letters, digits, "-" and "_", parted by dots)'],
  ['-a:1', '"-a" is not a host name (write letters, digits, "-" and "_", parted by dots)'],
  ['a..b:1', '"a..b" is not a host name (write letters, digits, "-" and "_", parted by dots)'],
  ['unix:x', '"unix:x" is no absolute path (write unix:/run/etcd-gateway/main.sock)'],
  ['unix:/', '"unix:/" is no absolute path (write unix:/run/etcd-gateway/main.sock)'],
];

for (const [text, told] of refused) {
  test(`refuses ${JSON.stringify(text)} with a remedy`, () => {
    assert.is(formatted(parseEndpointAddress(text)), told);
  });
}

for (const [text, told] of [
  ['*:1', '"*" is not a host: all interfaces are an empty one (write :1)'],
  ['*', '"*" is not a host: all interfaces are an empty one (write :23790)'],
  ['24792', '24792 is a port alone (write 127.0.0.1:24792)'],
] as const) {
  test(`refuses the listener ${text}`, () => {
    assert.is(formatted(parseListenAddress(text)), told);
  });
}

test('refuses a unix path that the kernel has no room for', () => {
  const told = "the path is 108 bytes long (a unix socket's path has at most 107)";
  assert.is(formatted(parseEndpointAddress(`unix:/${'x'.repeat(107)}`)), told);
  assert.ok(parseEndpointAddress(`unix:/${'x'.repeat(106)}`).ok);
});

test('never throws, and answers shortly, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 2_000 })), (text) => {
      const parsed = parseListenAddress(text);
      assert.ok(parsed.ok || (parsed.problem.length < 1_000 && parsed.hint.length < 200));
    }),
  );
});

test('reads back what it prints', () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(host, fc.integer({ min: 1, max: 65535 }), (name, number) => {
      const text = name.includes(':') ? `[${name}]:${number}` : `${name}:${number}`;
      const once = formatted(parseListenAddress(text));
      assert.is(formatted(parseListenAddress(once)), once);
    }),
  );
});

const collisions: readonly (readonly [a: string, b: string, collide: boolean])[] = [
  ['127.0.0.1:1', '127.0.0.1:1', true],
  ['127.0.0.1:1', '127.0.0.1:2', false],
  ['127.0.0.1:1', '127.0.0.2:1', false],
  [':1', '127.0.0.1:1', true],
  ['127.0.0.1:1', '[::]:1', true],
  ['0.0.0.0:1', '10.0.0.1:1', true],
  ['0.0.0.0:1', '[::1]:1', false],
  ['0.0.0.0:1', ':1', true],
  ['localhost:1', '127.0.0.1:1', true],
  ['localhost:1', '[::1]:1', true],
  ['localhost.:1', 'LOCALHOST:1', true],
  ['localhost:1', '0.0.0.0:1', true],
  ['localhost:1', '[::]:1', true],
  ['localhost:1', '127.0.0.2:1', false],
  ['localhost.example:1', '127.0.0.1:1', false],
  ['unix:/a', 'unix:/a', true],
  ['unix:/a', 'unix:/b', false],
  ['unix:/a', ':1', false],
];

for (const [a, b, collide] of collisions) {
  test(`says that ${a} and ${b} ${collide ? 'collide' : 'stand side by side'}`, () => {
    assert.is(listenersCollide(address(a), address(b)), collide);
    assert.is(listenersCollide(address(b), address(a)), collide);
  });
}

const sockets: readonly (readonly [a: string, b: string, same: boolean])[] = [
  [':1', '[::]:1', true],
  ['localhost:1', '127.0.0.1:1', true],
  ['0.0.0.0:1', ':1', false],
  [':1', ':2', false],
  ['unix:/a', 'unix:/a', true],
  ['unix:/a', ':1', false],
];

for (const [a, b, same] of sockets) {
  test(`says that ${a} and ${b} name ${same ? 'one socket' : 'two sockets'}`, () => {
    assert.is(isSameListener(address(a), address(b)), same);
  });
}

const bound: readonly (readonly [listener: string, ...bindings: string[]])[] = [
  ['localhost:1', '127.0.0.1:1', '[::1]:1 if there'],
  ['LocalHost.:1', '127.0.0.1:1', '[::1]:1 if there'],
  ['localhost.example:1', 'localhost.example:1'],
  ['127.0.0.1:1', '127.0.0.1:1'],
  ['[::1]:1', '[::1]:1'],
  [':1', ':1'],
  ['unix:/a', 'unix:/a'],
];

for (const [listener, ...bindings] of bound) {
  test(`binds ${listener} as ${bindings.join(' and ')}`, () => {
    const found = bindingsOf(address(listener)).map(
      (each) => `${formatAddress(each.address)}${each.isOptional ? ' if there' : ''}`,
    );
    assert.equal(found, bindings);
  });
}

test('does without an optional binding only where the machine has no such address', () => {
  const [must, may] = bindingsOf(address('localhost:1'));
  assert.ok(must && may);
  for (const code of ['EADDRNOTAVAIL', 'EAFNOSUPPORT']) {
    assert.ok(isDispensable(may, code), code);
    assert.not.ok(isDispensable(must, code), code);
  }
  assert.not.ok(isDispensable(may, 'EADDRINUSE'));
});

test('knows loopback hosts', () => {
  const loopback = ['localhost', 'localhost.', '127.0.0.1', '127.9.9.9', '::1'];
  for (const host of loopback) assert.ok(isLoopbackHost(host), host);
  for (const host of ['', '0.0.0.0', '10.0.0.1', 'localhost.example.com', '127.example.com']) {
    assert.not.ok(isLoopbackHost(host), host);
  }
});

test('knows host names', () => {
  for (const host of ['a', 'a-b.c', '_srv._tcp.x', 'x.', '1a', '3com.example']) {
    assert.ok(isHostName(host), host);
  }
  for (const host of ['', '.', 'a b', 'ä.de', '1.2', 'a.'.repeat(127) + 'ab', 'x'.repeat(64)]) {
    assert.not.ok(isHostName(host), host);
  }
});

function address(text: string): Address {
  const parsed = parseListenAddress(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

function formatted(parsed: Parsed<Address>): string {
  return parsed.ok ? formatAddress(parsed.value) : `${parsed.problem} (${parsed.hint})`;
}

test.run();
