/** Width of every plot, in px. */
export const width = 860;

// Okabe and Ito's palette: told apart by colour-blind readers too
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#999999', '#e69f00', '#56b4e9'];
const margin = 16;
const legendTop = 36;
const legendLine = 18;

export function colour(index: number): string {
  return colours[index % colours.length] ?? '#000';
}

/** A whole plot: white, so that it stands on a light or a dark page. */
export function frame(title: string, height: number, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${margin}" y="24" font-size="15" font-weight="600" fill="#222">${escape(title)}</text>`,
    ...body,
    '</svg>\n',
  ].join('\n');
}

/** Names with their colours, in as many lines as they need. */
export function legend(names: readonly string[]): string[] {
  const { step, perLine } = legendGrid(names);
  return names.map((name, i) => {
    const x = margin + (i % perLine) * step;
    const y = legendTop + Math.floor(i / perLine) * legendLine;
    const box = `<rect x="${x}" y="${y}" width="11" height="11" fill="${colour(i)}"/>`;
    return box + label(x + 16, y + 10, name, 'start');
  });
}

/** Where the plot itself begins. */
export function legendHeight(names: readonly string[]): number {
  const lines = Math.ceil(names.length / legendGrid(names).perLine);
  return legendTop + lines * legendLine + 10;
}

export function label(
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'middle' | 'end',
): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="#222">${escape(content)}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A letter of this font is about 6.6 px wide. */
function legendGrid(names: readonly string[]): { step: number; perLine: number } {
  const longest = Math.max(0, ...names.map(({ length }) => length));
  const step = Math.ceil(Math.max(60, 30 + longest * 6.6));
  return { step, perLine: Math.max(1, Math.floor((width - margin) / step)) };
}

function escape(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
