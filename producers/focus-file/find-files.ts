import { compareText } from '../../attribution/canonical-json.ts';
import { producerError } from '../errors.ts';
import type { FocusFileConfig } from './config.ts';
import { refuseTwoForms, selectDeliveries } from './deliveries.ts';
import type { FoundFile } from './found-file.ts';
import { findLocalFiles } from './local-files.ts';
import type { S3Objects } from './s3-objects.ts';

/** Finds the files of an export, as often as it is asked, and closes what it has opened for that. */
export class FileFinder implements AsyncDisposable {
  readonly #config: FocusFileConfig;
  #s3: S3Objects | null = null;

  constructor(config: FocusFileConfig) {
    this.#config = config;
  }

  /**
   * The files that the paths stand for, each once, in the order of their names.
   * @throws ApportionError when a path stands for nothing, or one export lies there twice
   */
  async find(): Promise<readonly FoundFile[]> {
    const found = new Map<string, FoundFile>();
    for (const path of this.#config.paths) {
      const files = path.startsWith('s3://') ? await (await this.#openS3()).find(path) : await findLocalFiles(path);
      if (files.length === 0) throw producerError('focus_no_files', `${path} stands for no file.`);
      for (const file of files) found.set(file.id, file);
    }
    const files = [...found.values()].sort((a, b) => compareText(a.id, b.id));
    const selected = selectDeliveries(files, this.#config.deliveries);
    refuseTwoForms(selected);
    return selected;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#s3?.close();
  }

  /** The SDK takes as long to load as everything else together, so that only who needs it loads it. */
  async #openS3(): Promise<S3Objects> {
    if (this.#s3 !== null) return this.#s3;
    const { S3Objects } = await import('./s3-objects.ts');
    this.#s3 = new S3Objects(this.#config.s3);
    return this.#s3;
  }
}
