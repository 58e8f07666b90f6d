import { byId, make, visible } from './dom.js';
import { formatTime, plural } from './format.js';
import { describe, type Change, type Entry, type ToldEvent } from './timeline-text.js';

const mostEntries = 200;
const fewChanges = 12;
const colours: Readonly<Record<Change['sign'], string>> = {
  '+': 'good',
  '-': 'bad',
  '~': 'warn',
  '!': 'bad',
};

/** What happened, latest first. */
export class Timeline {
  readonly #place = byId('timeline', HTMLOListElement);
  readonly #filter = byId('timeline-filter', HTMLSelectElement);
  readonly #announcer = byId('announcer', HTMLParagraphElement);
  readonly #empty = make('li', { class: 'empty' }, 'Nothing has happened yet.');
  readonly #seen = new Set<string>();
  readonly #openedAtMs = Date.now();

  constructor() {
    this.#place.append(this.#empty);
    this.#filter.addEventListener('change', () => this.#hideOthers());
  }

  add(event: ToldEvent): void {
    const entry = this.#seen.has(event.id) ? undefined : describe(event);
    if (!entry) return;
    this.#seen.add(event.id);
    this.#empty.remove();
    const item = show(event.atMs, entry);
    item.hidden = !this.#isShown(entry.topic);
    if (event.atMs >= this.#openedAtMs) item.classList.add('fresh');
    this.#place.prepend(item);
    while (this.#place.children.length > mostEntries) this.#place.lastElementChild?.remove();
    if (event.atMs >= this.#openedAtMs) {
      this.#announcer.textContent = visible(`${entry.label}: ${entry.text}`);
    }
  }

  #hideOthers(): void {
    for (const item of this.#place.querySelectorAll<HTMLElement>('[data-topic]')) {
      item.hidden = !this.#isShown(item.dataset.topic);
    }
  }

  #isShown(topic: string | undefined): boolean {
    return this.#filter.value === 'all' || this.#filter.value === topic;
  }
}

function show(atMs: number, { topic, label, colour, text, changes }: Entry): HTMLElement {
  const iso = new Date(atMs).toISOString();
  const time = make('time', { datetime: iso, title: iso }, formatTime(atMs));
  const badge = make('span', { class: `badge ${colour}` }, label);
  const body = make('div', {}, badge, text, ...showChanges(changes));
  return make('li', { 'data-topic': topic }, time, body);
}

function showChanges(changes: readonly Change[]): HTMLElement[] {
  if (changes.length === 0) return [];
  const list = make(
    'ul',
    { class: 'diff' },
    ...changes.map(({ sign, what }) => make('li', { class: colours[sign] }, `${sign} ${what}`)),
  );
  if (changes.length <= fewChanges) return [list];
  return [make('details', {}, make('summary', {}, plural(changes.length, 'line')), list)];
}
