import { isRecording } from './environment.ts';
import { recordingFolder } from './exchange.ts';
import type { Recorder } from './recorder.ts';

/** Writes what the recorder has kept to `test/recordings/NAME/`, when the runner was called with `--record`. */
export async function keepRecording(recorder: Recorder, name: string): Promise<void> {
  if (isRecording()) {
    await recorder.save(recordingFolder(name));
  }
}
