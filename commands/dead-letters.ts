import { Command } from 'commander';
import { type DeadLetterFilter, fits, idOf, listDeadLetters, pickDeadLetters } from '../operations/dead-letters.ts';
import { resendDeadLetters } from '../operations/resend.ts';
import { ApportionError } from '../runtime/errors.ts';
import { table } from '../runtime/terminal/table.ts';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import { type World, withWorld } from './world.ts';

const REASON = ['--reason <reason>', 'only those with this reason'] as const;
const TOPIC = ['--topic <topic>', 'only those of this topic, without prefix'] as const;

/** `apportion dead-letters list|show|resend` */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description('records that could not be used, with their original bytes');
  command
    .command('list')
    .description('list them, by topic, partition and offset')
    .option(...REASON)
    .option(...TOPIC)
    .option('--json', 'one JSON line each, bytes in base64')
    .action((options: DeadLetterFilter & { json?: true }, self: Command) =>
      withWorld(self, async (world) => {
        const letters = await list(world, options);
        if (options.json) for (const letter of letters) console.log(deadLetterJson(letter));
        else console.log(deadLetterTable(letters));
      }),
    );
  command
    .command('show')
    .description('print dead letters whole')
    .argument('<ids...>', 'topic/partition/offset, as list prints them')
    .action((ids: string[], _options: object, self: Command) =>
      withWorld(self, async (world) => {
        const letters = pickDeadLetters(await list(world, {}), ids);
        console.log(letters.map(deadLetterText).join('\n\n'));
      }),
    );
  command
    .command('resend')
    .description('publish the original records again, bytes as they were')
    .argument('[ids...]', 'topic/partition/offset, as list prints them')
    .option(...REASON)
    .option(...TOPIC)
    .option('--all', 'all of them')
    .action((ids: string[], options: DeadLetterFilter & { all?: true }, self: Command) =>
      withWorld(self, async (world) => {
        checkChosen(ids, options);
        const all = await list(world, {});
        const fitting = all.filter((letter) => fits(letter, options));
        const letters = ids.length === 0 ? fitting : pickDeadLetters(fitting, ids);
        const { sent, superseded } = await resendDeadLetters(world.kafka, world.settings.topicPrefix, letters, all);
        console.log([`${sent.length} sent again.`, ...superseded.map(supersededText)].join('\n'));
      }),
    );
  return command;
}

async function list(world: World, filter: DeadLetterFilter): Promise<readonly DeadLetter[]> {
  return listDeadLetters(world.kafka, world.settings.topicPrefix, await world.codec(), filter);
}

/** Sending again needs a choice: nobody means all of them by leaving everything out. */
function checkChosen(ids: readonly string[], options: DeadLetterFilter & { all?: true }): void {
  const filtered = options.reason !== undefined || options.topic !== undefined;
  if (ids.length === 0 && !filtered && options.all !== true) {
    throw new ApportionError('nothing_chosen', 'No dead letter was chosen.', 'Give ids, --reason, --topic, or --all.');
  }
}

function supersededText(letter: DeadLetter): string {
  return `${idOf(letter)} left out: another record of its key was taken since. \`apportion send\` sends anew what is to stand.`;
}

function deadLetterTable(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return 'There are no dead letters.';
  return table(
    [{ title: 'id' }, { title: 'recorded' }, { title: 'processor' }, { title: 'reason' }, { title: 'detail' }],
    letters.map((letter) => [
      idOf(letter),
      new Date(letter.timestamp).toISOString(),
      letter.processor,
      letter.reason,
      letter.detail,
    ]),
  );
}

function deadLetterJson(letter: DeadLetter): string {
  return JSON.stringify({
    ...letter,
    key: letter.key?.toString('base64') ?? null,
    value: letter.value?.toString('base64') ?? null,
    headers: letter.headers.map((header) => ({ name: header.name, value: header.value.toString('base64') })),
  });
}

function deadLetterText(letter: DeadLetter): string {
  return [
    `${idOf(letter)}  ${letter.reason}`,
    `  ${letter.detail}`,
    `  refused by ${letter.processor}; record of ${new Date(letter.timestamp).toISOString()}`,
    `  key    ${bytesText(letter.key)}`,
    ...letter.headers.map((header) => `  header ${header.name} = ${bytesText(header.value)}`),
    `  value  ${bytesText(letter.value)}`,
  ].join('\n');
}

/** Text where the bytes are text, else hexadecimal. */
function bytesText(bytes: Buffer | null): string {
  if (bytes === null) return '(none)';
  const text = bytes.toString('utf8');
  return /^[\p{L}\p{N}\p{P}\p{S} ]*$/u.test(text) && Buffer.from(text).equals(bytes) ? text : bytes.toString('hex');
}
