import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { locateAdmin } from '../../src/cli/locate-admin.js';
import { errorMessage } from '../../src/model/errors.js';
import { scoped } from '../support/scope.js';

const test = suite('where commands find the gateway');

const file = (admin: string): string =>
  `gateways: { main: { listen-addr: ":1", endpoints: [a:1] } }\nadmin: { ${admin} }\n`;

test(
  'by --admin, then the environment, then the file, then the default socket',
  scoped(async (scope) => {
    const folder = await scope.tempDir();
    const config = join(folder, 'gateway.yaml');
    await writeFile(config, file('listen-addr: 127.0.0.1:9'));
    const own = join(folder, 'etcd-gateway');
    await mkdir(own);
    const socket = createServer().listen(join(own, 'admin.sock'));
    await once(socket, 'listening');
    scope.defer(() => void socket.close());
    const env = { ETCD_GATEWAY_ADMIN: ':3', XDG_RUNTIME_DIR: folder };

    const found = async (...args: Parameters<typeof locateAdmin>): Promise<string | undefined> =>
      (await locateAdmin(...args)).admin;
    assert.is(await found({ admin: ':2', config }, env), ':2');
    assert.is(await found({ config }, env), ':3');
    assert.is(await found({ config }, { ...env, ETCD_GATEWAY_ADMIN: '' }), '127.0.0.1:9');
    const { XDG_RUNTIME_DIR } = env;
    assert.is(await found({}, { XDG_RUNTIME_DIR }), `unix:${join(own, 'admin.sock')}`);
    await writeFile(config, file('token-file: /t'));
    assert.is(await found({ config }, { XDG_RUNTIME_DIR }), `unix:${join(own, 'admin.sock')}`);
  }),
);

test(
  'says where it looked in vain',
  scoped(async (scope) => {
    const config = join(await scope.tempDir(), 'gateway.yaml');
    const problem = async (...args: Parameters<typeof locateAdmin>): Promise<string> =>
      locateAdmin(...args).then(() => '', errorMessage);
    assert.match(await problem({ config }, {}), 'there is no such file');
    await writeFile(config, file('listen-addr: off'));
    assert.match(await problem({ config }, {}), 'there is no admin server');
    await writeFile(config, file('listen-adr: off'));
    assert.match(await problem({ config }, {}), 'has mistakes');
    assert.match(await problem({}, { ETCD_GATEWAY_ADMIN: 'here' }), /^ETCD_GATEWAY_ADMIN: /);
  }),
);

test.run();
