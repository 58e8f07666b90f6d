import type { Report } from '../report.js';

/** One part of the page on scale. */
export interface Chapter {
  /** Markdown, with its own plots in place. */
  readonly text: string;
  readonly plots: Report['plots'];
}
