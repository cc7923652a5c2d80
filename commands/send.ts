import { Argument, Command } from 'commander';
import { badLineList } from '../producers/bad-line-list.ts';
import { type FileKind, sendFiles } from '../producers/send-files.ts';
import { startProgress } from '../runtime/terminal/progress.ts';
import { withWorld } from './world.ts';

const HOUR_MS = 3_600_000;

/** `apportion send calls|usage|cost-reports FILE...` */
export function sendCommand(): Command {
  return new Command('send')
    .description('publish JSON lines: bad lines are listed, good ones are sent, the exit code is 1 if any was bad')
    .addArgument(new Argument('<kind>', 'what the lines are').choices(['calls', 'usage', 'cost-reports']))
    .argument('<files...>', 'files of JSON lines, plain or gzip; - for standard input')
    .action((kind: FileKind, files: string[], _options: object, self: Command) =>
      withWorld(self, async (world) => {
        const progress = startProgress(`Sending ${kind}`);
        const badLines = badLineList();
        const counts = await sendFiles({
          kind,
          files,
          stdin: process.stdin,
          publisher: await world.publisher(),
          limits: { maxCallMs: world.settings.maxCallHours * HOUR_MS },
          now: Date.now,
          onBadLine: (line) => say(badLines.add(line)),
          onProgress: ({ sent }) => progress.update(sent, null),
        });
        progress.done(`${counts.sent.toLocaleString('en-US')} sent, ${counts.bad.toLocaleString('en-US')} bad`);
        say(badLines.rest());
        if (counts.bad > 0) process.exitCode = 1;
      }),
    );
}

function say(text: string | null): void {
  if (text !== null) console.error(text);
}
