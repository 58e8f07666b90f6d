/** Controls but line feed and tab, and those that turn the direction of what follows them. */
const steering = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Names come from others: what would steer the text around it is shown as `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(steering, (each) => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Attributes and the class; text is always a child, so that it is never read as HTML. */
export type Attributes = Readonly<Record<string, string>>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.map((child) => (typeof child === 'string' ? visible(child) : child)));
  return element;
}

/** @throws Error if the page has no such element, or of another kind. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${kind.name} called ${id}`);
}

/** Touches the document only if something differs, so that a thousand rows cost little. */
export function setText(element: Element, text: string): void {
  const shown = visible(text);
  if (element.textContent !== shown) element.textContent = shown;
}

export function setTitle(element: HTMLElement, text: string): void {
  if (element.title !== text) element.title = text;
}

export function setClass(element: Element, name: string): void {
  if (element.className !== name) element.className = name;
}

/** Makes these the children, in this order, moving no more than it must. */
export function setChildren(parent: Element, wanted: readonly Element[]): void {
  const kept = new Set(wanted);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  wanted.forEach((child, index) => {
    const present = parent.children[index];
    if (present !== child) parent.insertBefore(child, present ?? null);
  });
}
