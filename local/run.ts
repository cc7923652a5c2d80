import { type SpawnOptions, spawn } from 'node:child_process';

/** Runs a command to its end; its code is null when it could not be started, and then the output says why. */
export function runToEnd(
  file: string,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
  options: SpawnOptions = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let pending = '';
    const take = (text: string): void => {
      output += text;
      const lines = (pending + text).split('\n');
      pending = lines.pop() ?? '';
      lines.forEach(onLine);
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
