import type { Bench } from '../bench.js';
import type { Report } from '../report.js';
import type { Chapter } from './chapter.js';
import { enduranceChapter } from './endurance.js';
import { growthChapter } from './growth.js';
import { manyGatewaysChapter } from './many-gateways.js';
import { pickerChapter } from './picker.js';
import { srvChapter } from './srv.js';

const chapters: readonly ((bench: Bench) => Promise<Chapter>)[] = [
  growthChapter,
  enduranceChapter,
  manyGatewaysChapter,
  srvChapter,
  pickerChapter,
];

/** How time and memory of ours grow: endpoints, reloads, gateways, records, picks. */
export async function scaleSuite(bench: Bench): Promise<Report> {
  const written: Chapter[] = [];
  for (const chapter of chapters) written.push(await chapter(bench));
  const text = written.map((chapter) => chapter.text).join('\n\n');
  const plots = written.flatMap((chapter) => chapter.plots);
  return { name: 'scale', title: 'At scale', summary: text, text, plots, placesPlots: true };
}
