import { compareText } from '../../attribution/canonical-json.ts';
import { producerError } from '../errors.ts';
import { exportOf } from './export-name.ts';
import type { FoundFile } from './found-file.ts';

/** A file, and the run of the exporter that wrote it. */
interface Place {
  readonly file: FoundFile;
  /** The folder in which runs have their folders. */
  readonly parent: string;
  /** The name of the run's folder; empty for a file beside such folders, which is of a run too. */
  readonly run: string;
}

/**
 * Exporters that do not overwrite write a whole month again into a new folder each time. Of such folders beside each
 * other only one may count: `one` demands that there is only one, `newest` takes that with the youngest file.
 * @throws ApportionError `focus_same_file_twice`
 */
export function selectDeliveries(files: readonly FoundFile[], which: 'one' | 'newest'): readonly FoundFile[] {
  const places = files.map(placeOf);
  const parents = new Set(places.filter(({ run }) => run !== '').map(({ parent }) => parent));
  const newest = new Map<string, Place>();
  for (const place of places) {
    if (!parents.has(place.parent)) continue;
    const other = newest.get(place.parent);
    if (other !== undefined && other.run !== place.run && which === 'one') {
      const [first, second] = [other.file.path, place.file.path];
      throw producerError('focus_same_file_twice', `${first} and ${second} come from two runs of one export.`);
    }
    if (other === undefined || isNewer(place, other)) newest.set(place.parent, place);
  }
  return places.filter(({ parent, run }) => (newest.get(parent)?.run ?? run) === run).map(({ file }) => file);
}

/** @throws ApportionError `focus_same_file_twice` when an export lies there in two forms, as CSV and as Parquet say */
export function refuseTwoForms(files: readonly FoundFile[]): void {
  const known = new Map<string, FoundFile>();
  for (const file of files) {
    const other = known.get(exportOf(file.id));
    if (other !== undefined) {
      throw producerError('focus_same_file_twice', `${other.path} and ${file.path} are one export in two forms.`);
    }
    known.set(exportOf(file.id), file);
  }
}

/**
 * The names of runs: `2024-01-15T12:00:00.000Z-<uuid>` in AWS Data Exports and `20230803T081120Z` in its older reports,
 * the id alone in Azure.
 */
const RUN_NAME = /^\d{4}-?\d{2}-?\d{2}T|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function placeOf(file: FoundFile): Place {
  const folders = file.id.split(/[/\\]/).slice(0, -1);
  const run = folders.at(-1) ?? '';
  return RUN_NAME.test(run)
    ? { file, parent: folders.slice(0, -1).join('/'), run }
    : { file, parent: folders.join('/'), run: '' };
}

function isNewer(a: Place, b: Place): boolean {
  const laterMs = a.file.modifiedMs - b.file.modifiedMs;
  return laterMs === 0 ? compareText(a.run, b.run) > 0 : laterMs > 0;
}
