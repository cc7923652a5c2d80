import type { DataFolder, ServerName } from './data-folder.ts';
import type { Command } from './process.ts';

/** A server of the stack, declared. */
export interface Server {
  readonly name: ServerName;
  /** For people, with its version. */
  readonly title: string;
  /** All ports that it listens on; the first is the one that clients use. */
  ports(folder: DataFolder): readonly number[];
  /** Where clients find it. */
  address(folder: DataFolder): string;
  /** Makes what it needs in the folder, and mends what a crash has left. Called before every start. */
  prepare(folder: DataFolder, tools: Tools): Promise<void>;
  command(folder: DataFolder, tools: Tools): Promise<Command>;
  /** Whether clients are served now. Never throws. */
  answers(folder: DataFolder): Promise<boolean>;
  /** Called when it answers, before anybody else uses it, while the folder is not complete. */
  furnish(folder: DataFolder): Promise<void>;
  /** Ends it in good order. */
  readonly stopSignal: NodeJS.Signals;
  /** When the log of a failed start says this, the start is tried again: what stood in its way goes away by itself. */
  readonly passing?: RegExp;
}

export interface Tools {
  readonly java: string;
  /** Names the build of Java, in characters that a file name may have. */
  readonly javaBuild: string;
  /** The folder with kafka/ and registry/. */
  readonly packages: string;
}

/** Does nothing, for servers that need nothing done. */
export async function nothingToDo(): Promise<void> {}
