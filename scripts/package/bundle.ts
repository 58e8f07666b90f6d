import { chmod, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';

import { root } from './paths.js';

export interface Bundle {
  /** Folders of the packages whose code is in it, from the root, sorted. */
  readonly packages: readonly string[];
}

const shared = {
  absWorkingDir: root,
  bundle: true,
  external: ['@koromix/*'], // native: npm brings it, and the executable has it as an asset
  format: 'esm',
  legalComments: 'none', // the licences are shipped beside it, whole
  metafile: true,
  platform: 'node',
} as const satisfies BuildOptions;

const main = join(root, 'dist/src/main.js');
const thread = join(root, 'dist/src/data-path/thread.js');

/** For the runtime that is shipped with it. Packages `require` nothing but Node's own modules. */
const alone = {
  ...shared,
  ...{ target: 'node26', minifySyntax: true, minifyWhitespace: true },
  banner: { js: 'const require = process.getBuiltinModule;' },
} as const satisfies BuildOptions;

/** For any Node.js that is supported. */
const installed = {
  ...shared,
  ...{ target: 'node20.19', splitting: true, entryNames: '[name]', chunkNames: 'part-[hash]' },
  banner: {
    js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
  },
} as const satisfies BuildOptions;

/**
 * The built program and what it imports, as one ES module; `import()` stays lazy.
 * @throws when something in it would look for files beside it.
 */
export async function bundleAsFile(file: string): Promise<Bundle> {
  const plugins = [adapt(async (text, dir) => inlineThread(plainRequire(text), dir))];
  const { metafile } = await build({ ...alone, entryPoints: [main], outfile: file, plugins });
  if ((await readFile(file, 'utf8')).includes('import.meta.url')) {
    throw new Error(`${file} asks where its files are, and will have none`);
  }
  return { packages: packagesOf(metafile) };
}

/**
 * The same as some files: `main.js`, and one for each set of modules that is loaded together. To find
 * and read hundreds of modules takes Node.js longer than the rest of the start.
 */
export async function bundleAsFolder(folder: string): Promise<Bundle> {
  const plugins = [adapt(plainRequire)];
  const entryPoints = [main, thread];
  const { metafile } = await build({ ...installed, entryPoints, outdir: folder, plugins });
  await chmod(join(folder, 'main.js'), 0o755);
  return { packages: packagesOf(metafile) };
}

/** Rewrites the program's own modules. */
function adapt(rewrite: (text: string, dir: string) => string | Promise<string>): Plugin {
  return {
    name: 'adapt',
    setup: (plugin) => {
      plugin.onLoad({ filter: /\/dist\/src\/.*\.js$/ }, async ({ path }) => {
        return { contents: await rewrite(await readFile(path, 'utf8'), dirname(path)) };
      });
    },
  };
}

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
  const plugins = [adapt(plainRequire)];
  const { outputFiles } = await build({ ...alone, entryPoints: [entry], write: false, plugins });
  const code = Buffer.from(outputFiles[0]?.contents ?? []);
  return `data:text/javascript;base64,${code.toString('base64')}`;
}

/** The charts of the status page are in it as text. */
const asText = 'node_modules/uplot';

function packagesOf({ inputs }: Metafile): string[] {
  const pattern = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
  const folders = Object.keys(inputs).map((input) => pattern.exec(input)?.[0]);
  return [...new Set([asText, ...folders.filter((dir) => dir !== undefined)])].sort();
}
