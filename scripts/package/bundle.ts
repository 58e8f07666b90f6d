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

/** The built program and what it imports, as one ES module; `import()` stays lazy. */
export async function bundle(file: string): Promise<Bundle> {
  const entryPoints = [join(root, 'dist/src/main.js')];
  const { metafile } = await build({
    ...{ ...shared, entryPoints, outfile: file },
    ...{ metafile: true, plugins: [inlineThreads] },
  });
  return { file, packages: packagesOf(Object.keys(metafile.inputs)) };
}

/** `new URL('./x.js', import.meta.url)` names the file of a thread; a bundle has no files. */
const inlineThreads: Plugin = {
  name: 'inline threads',
  setup: (plugin) => {
    plugin.onLoad({ filter: /\/dist\/src\/.*\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const match = /new URL\('(\.[^']+\.js)', import\.meta\.url\)/.exec(text);
      if (!match) return { contents: text };
      const url = await dataUrl(join(dirname(path), match[1] ?? ''));
      return { contents: text.replace(match[0], () => `new URL('${url}')`) };
    });
  },
};

async function dataUrl(entry: string): Promise<string> {
  const { outputFiles } = await build({ ...shared, entryPoints: [entry], write: false });
  const code = Buffer.from(outputFiles[0]?.contents ?? []);
  return `data:text/javascript;base64,${code.toString('base64')}`;
}

function packagesOf(inputs: readonly string[]): string[] {
  const pattern = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
  const folders = inputs.map((input) => pattern.exec(input)?.[0]);
  return [...new Set(folders.filter((dir) => dir !== undefined))].sort();
}
