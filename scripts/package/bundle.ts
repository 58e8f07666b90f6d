import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { build, type BuildOptions, type Plugin } from 'esbuild';

import { root } from './paths.js';

export interface Bundle {
  readonly file: string;
  /** Folders of the packages whose code is in it, from the root, sorted. */
  readonly packages: readonly string[];
}

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  legalComments: 'none', // the licences are shipped beside it, whole
  minifySyntax: true,
  minifyWhitespace: true, // names stay, for stacks that can be read
  platform: 'node',
  target: 'node26',
  // CommonJS packages ask for nothing but Node's own modules.
  banner: { js: 'const require = process.getBuiltinModule;' },
} as const satisfies BuildOptions;

/**
 * The built program and what it imports, as one ES module; `import()` stays lazy.
 * @throws when something in it would look for files beside it.
 */
export async function bundle(file: string): Promise<Bundle> {
  const entryPoints = [join(root, 'dist/src/main.js')];
  const { metafile } = await build({
    ...{ ...shared, entryPoints, outfile: file },
    ...{ metafile: true, plugins: [withoutFiles] },
  });
  if ((await readFile(file, 'utf8')).includes('import.meta.url')) {
    throw new Error(`${file} asks where its files are, and will have none`);
  }
  return { file, packages: packagesOf(Object.keys(metafile.inputs)) };
}

/** What only files have: the program's own modules are made to do without. */
const withoutFiles: Plugin = {
  name: 'without files',
  setup: (plugin) => {
    plugin.onLoad({ filter: /\/dist\/src\/.*\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: await inlineThread(plainRequire(text), dirname(path)) };
    });
  },
};

/** The compiler writes `import x = require('x')` as a call that bundlers do not see through. */
function plainRequire(text: string): string {
  return text
    .replace(/^import \{ createRequire as _createRequire \} from "module";$/m, '')
    .replace(/^const __require = _createRequire\(import\.meta\.url\);$/m, '')
    .replace(/\b__require\("/g, 'require("');
}

/** `new URL('./x.js', import.meta.url)` names the file of a thread. */
async function inlineThread(text: string, dir: string): Promise<string> {
  const match = /new URL\('(\.[^']+\.js)', import\.meta\.url\)/.exec(text);
  if (!match) return text;
  const url = await dataUrl(join(dir, match[1] ?? ''));
  return text.replace(match[0], () => `new URL('${url}')`);
}

async function dataUrl(entry: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ ...shared, entryPoints: [entry] },
    ...{ write: false, plugins: [withoutFiles] },
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []);
  return `data:text/javascript;base64,${code.toString('base64')}`;
}

function packagesOf(inputs: readonly string[]): string[] {
  const pattern = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
  const folders = inputs.map((input) => pattern.exec(input)?.[0]);
  return [...new Set(folders.filter((dir) => dir !== undefined))].sort();
}
