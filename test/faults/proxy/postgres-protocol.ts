import { Frames } from './frames.ts';
import type { Dialogue, Message, Protocol } from './protocol.ts';

/**
 * Postgres's, without TLS (https://www.postgresql.org/docs/current/protocol-message-formats.html). The step of a
 * statement is its name where it has one, else its first two words: `upsert_documents`, `COPY attribution_line`,
 * `COMMIT`. A reply has the step of the statement that it answers to.
 */
export const postgresProtocol: Protocol = { open: () => new PostgresDialogue() };

const QUERY = 0x51;
const PARSE = 0x50;
const BIND = 0x42;
const SYNC = 0x53;
const READY_FOR_QUERY = 0x5a;

class PostgresDialogue implements Dialogue {
  /** The first message of a client has no type. */
  #isStarted = false;
  readonly #requests = new Frames((head) => lengthOf(head, this.#isStarted));
  readonly #replies = new Frames((head) => lengthOf(head, true));
  /** The statement that is being described in several messages. */
  #step = '';
  /** What the server has still to answer, in order: each answer ends when it is ready for the next. */
  readonly #asked: string[] = [];

  requests(bytes: Buffer): readonly Message[] {
    return this.#requests.take(bytes).map((frame) => ({ bytes: frame, step: this.#request(frame) }));
  }

  replies(bytes: Buffer): readonly Message[] {
    return this.#replies.take(bytes).map((frame) => {
      const [step = ''] = this.#asked;
      if (frame[0] === READY_FOR_QUERY) this.#asked.shift();
      return { bytes: frame, step };
    });
  }

  #request(frame: Buffer): string {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#asked.push('');
      return '';
    }
    switch (frame[0]) {
      case QUERY:
        this.#step = firstWords(textAt(frame, 5));
        this.#asked.push(this.#step);
        return this.#step;
      case PARSE: {
        const name = textAt(frame, 5);
        this.#step = name === '' ? firstWords(textAt(frame, 6)) : name;
        return this.#step;
      }
      case BIND: {
        // The portal's name, then the statement's. One without a name was parsed just before.
        const name = textAt(frame, 6 + textAt(frame, 5).length);
        if (name !== '') this.#step = name;
        return this.#step;
      }
      case SYNC:
        this.#asked.push(this.#step);
        return '';
      default:
        return '';
    }
  }
}

/** A type of one byte, then the length, which counts itself and what follows. */
function lengthOf(head: Buffer, isTyped: boolean): number | null {
  const begin = isTyped ? 1 : 0;
  return head.length < begin + 4 ? null : begin + head.readInt32BE(begin);
}

/** A text up to its zero byte. */
function textAt(frame: Buffer, begin: number): string {
  return frame.toString('utf8', begin, frame.indexOf(0, begin));
}

function firstWords(text: string): string {
  return text
    .trim()
    .split(/[\s(;]+/, 2)
    .join(' ')
    .trim();
}
