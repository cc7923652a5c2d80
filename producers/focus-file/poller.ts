import { type FocusResult, readFocusFiles } from '../focus-file.ts';
import { definePoller, type PollRun } from '../poller.ts';
import { focusFileShape } from './config.ts';

/** Bills as FOCUS files. Each provider in them is a source of its own. */
export const focusFile = definePoller({
  name: 'focus-file',
  source: 'focus',
  settings: focusFileShape,
  schedule: '*/5 * * * *',
  lookBack: null,
  create: (config) => async (run) => {
    let lines = 0;
    const result = await readFocusFiles(config, async (report) => {
      run.report({ ...report });
      lines += report.lines.length + 1;
      if (lines < COMMIT_LINES) return;
      lines = 0;
      await run.commit();
    });
    tell(run, result);
  },
});

/** What is held in memory before it is published. */
const COMMIT_LINES = 20_000;

function tell(run: PollRun, { faults, faultCount }: FocusResult): void {
  for (const { file, row, detail } of faults) run.fault(file === '' ? detail : `${file}:${row}: ${detail}`);
  for (let untold = faultCount - faults.length; untold > 0; untold--) run.fault('');
}
