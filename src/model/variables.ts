import { quote } from './quote.js';

/** `${NAME}`, `$NAME`, `$(COMMAND)`, and what Jinja, Go templates and ERB leave when nobody fills them in. */
const variable = /\$[{(]|\$[A-Za-z_]|\{\{|\{%|<%/;

/** Tells of a variable in a text that may have none; undefined: there is none. */
export function variableIn(text: string): { problem: string; hint: string } | undefined {
  if (!variable.test(text)) return undefined;
  return { problem: `${quote(text)} has a variable in it`, hint: variableHint };
}

export const variableHint = 'variables are not expanded: write the value itself';
