/** A label's value as Prometheus' text format 0.0.4 has it between quotes. */
export function escapeLabel(text: string): string {
  return text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));
}
