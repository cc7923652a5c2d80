/** Shows long work: one line that rewrites itself on a terminal, a plain line every few seconds elsewhere. */
export interface Progress {
  /** Says how far the work is. `total` null: not known. */
  update(done: number, total: number | null): void;
  /** Ends the line with a closing text. */
  done(text: string): void;
}

/** Lines elsewhere than on a terminal come at most this often. */
const PLAIN_LINE_EVERY_MS = 5_000;
const REDRAW_EVERY_MS = 100;
const BAR_CELLS = 24;

/** Starts to show work called `label` on standard error, so that it never mixes with a command's output. */
export function startProgress(label: string, stream: NodeJS.WriteStream = process.stderr, now = Date.now): Progress {
  let shownMs = 0;
  return {
    update(done, total) {
      const every = stream.isTTY ? REDRAW_EVERY_MS : PLAIN_LINE_EVERY_MS;
      if (now() - shownMs < every) return;
      shownMs = now();
      stream.write(
        stream.isTTY ? `\r\u001b[2K${line(label, done, total, true)}` : `${line(label, done, total, false)}\n`,
      );
    },
    done(text) {
      stream.write(stream.isTTY ? `\r\u001b[2K${label}: ${text}\n` : `${label}: ${text}\n`);
    },
  };
}

function line(label: string, done: number, total: number | null, bar: boolean): string {
  const count = done.toLocaleString('en-US');
  if (total === null || total === 0) return `${label}: ${count}`;
  const share = Math.min(1, done / total);
  const cells = Math.round(share * BAR_CELLS);
  const drawn = bar ? ` ${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)}` : '';
  return `${label}:${drawn} ${count} of ${total.toLocaleString('en-US')} (${Math.floor(share * 100)} %)`;
}
