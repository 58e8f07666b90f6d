import type { FileState, ShownProblem, State } from '../admin/state.js';
import { byId, make } from './dom.js';
import { plural } from './format.js';

/** What is wrong, before everything else. Redrawn only when it has changed. */
export class Banners {
  readonly #place = byId('banners', HTMLDivElement);
  #shown = '';

  update(state: State): void {
    const identity = JSON.stringify([state.config.file, state.reasons, state.generation]);
    if (identity === this.#shown) return;
    this.#shown = identity;
    this.#place.replaceChildren(
      ...(state.ready ? [] : [notReady(state.reasons)]),
      ...(state.config.file.status === 'running' ? [] : [fileTrouble(state, state.config.file)]),
    );
  }
}

function notReady(reasons: readonly string[]): HTMLElement {
  const list = make('ul', {}, ...reasons.map((reason) => make('li', {}, reason)));
  return make('div', { class: 'banner bad', role: 'alert' }, make('h2', {}, 'Not ready'), list);
}

/** A file without a mistake that does not run could not be applied. */
const titles = {
  refused: 'The file on disk could not be applied',
  missing: 'The file is missing',
  pending: 'The file on disk is pending',
};

function fileTrouble(state: State, file: Exclude<FileState, { status: 'running' }>): HTMLElement {
  const { source } = state.config;
  const runs = `What ran before runs on: generation ${state.generation}.`;
  const problems = file.status === 'refused' ? file.problems : [];
  const title = problems.length > 0 ? 'The file on disk is refused' : titles[file.status];
  const told =
    problems.length > 0
      ? `${source}: ${plural(problems.length, 'mistake')}. ${runs}`
      : `${source}: ${file.reason}. ${runs}`;
  return make(
    'div',
    { class: 'banner warn', role: 'alert', id: 'file-banner' },
    make('h2', {}, title),
    make('p', {}, told),
    make('ol', {}, ...problems.map((problem) => showProblem(source, problem))),
  );
}

function showProblem(source: string, problem: ShownProblem): HTMLElement {
  const { line, column, path, what, hint, excerpt } = problem;
  const where = make('code', {}, `${source}:${line}:${column}`);
  const remedy = hint === '' ? '' : ` (${hint})`;
  const lines = excerpt.map((shown) =>
    make(
      'div',
      shown.line === line ? { class: 'at' } : {},
      `${String(shown.line).padStart(4)}  ${shown.text}`,
    ),
  );
  const caret = make('div', { class: 'at', 'aria-hidden': 'true' }, `${' '.repeat(5 + column)}^`);
  const at = lines.findIndex((_shown, index) => excerpt[index]?.line === line);
  if (at !== -1) lines.splice(at + 1, 0, caret);
  const context = make('pre', { class: 'excerpt', tabindex: '0' }, ...lines);
  return make('li', {}, where, ` ${path === '' ? '' : `${path}: `}${what}${remedy}`, context);
}
