import type { PlanSummary } from '../model/plan.js';
import { plain, type Colour, type Paint } from './terminal.js';

type Sign = '+' | '-' | '~';

const colours: Readonly<Record<Sign, Colour>> = { '+': 'green', '-': 'red', '~': 'yellow' };

/** A line a change: `+ endpoint  main/10.0.0.3:2379`. */
export function formatPlan(plan: PlanSummary, paint: Paint): string {
  const { gateways, listeners, endpoints, settings, values } = plan;
  const line = (sign: Sign, what: string) => (name: string) =>
    `${paint(colours[sign], `  ${sign} ${what.padEnd(8)}  ${plain(withValue(name, values))}`)}\n`;
  return [
    ...gateways.added.map(line('+', 'gateway')),
    ...gateways.removed.map(line('-', 'gateway')),
    ...listeners.added.map(line('+', 'listener')),
    ...listeners.removed.map(line('-', 'listener')),
    ...endpoints.added.map(line('+', 'endpoint')),
    ...endpoints.removed.map(line('-', 'endpoint')),
    ...endpoints.updated.map(line('~', 'endpoint')),
    ...settings.map(line('~', 'setting')),
  ].join('');
}

/** A gateway of an earlier version tells no values. */
function withValue(name: string, values: PlanSummary['values'] | undefined): string {
  const value = values && Object.hasOwn(values, name) ? values[name] : undefined;
  return value === undefined ? name : `${name}  ${value}`;
}
