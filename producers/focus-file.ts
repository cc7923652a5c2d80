import { focusFileShape } from './focus-file/config.ts';
import { type FocusResult, readFocusFiles } from './focus-file/read-files.ts';
import { definePoller, type PollRun } from './poller.ts';

/** Bills as FOCUS files, on disk or in S3. Each provider in them is a source of its own. */
export const focusFile = definePoller({
  name: 'focus-file',
  source: 'focus',
  settings: focusFileShape,
  schedule: '*/5 * * * *',
  lookBack: null,
  create: (config) => async (run) => {
    // A run for some days neither asks what was read before nor changes it.
    const known = run.namesDays ? null : run.state(FINGERPRINT);
    let lines = 0;
    const result = await readFocusFiles(
      config,
      async (report) => {
        run.report({ ...report, bySubAccount: config.splitBySubAccount });
        lines += report.lines.length + 1;
        if (lines < COMMIT_LINES) return;
        lines = 0;
        await run.commit();
      },
      known,
    );
    run.note(
      result.isUnchanged ? `${result.files} files as they were` : `${result.rows} rows of ${result.files} files`,
    );
    tell(run, result);
    // After the last report is out: a run that is cut short before is done again.
    await run.commit();
    if (!run.namesDays && !result.isUnchanged && result.faultCount === 0) {
      run.setState(FINGERPRINT, result.fingerprint);
    }
  },
});

const FINGERPRINT = 'fingerprint';
/** What is held in memory before it is published. */
const COMMIT_LINES = 20_000;

function tell(run: PollRun, { faults, faultCount }: FocusResult): void {
  for (const { file, row, detail } of faults) run.fault(file === '' ? detail : `${file}:${row}: ${detail}`);
  for (let untold = faultCount - faults.length; untold > 0; untold--) run.fault('');
}
