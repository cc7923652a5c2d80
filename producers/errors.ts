import { ApportionError } from '../runtime/errors.ts';

/** What can go wrong with files and senders as a whole, and what to do about it. A bad line or row is a value, and not here. */
const advice = {
  file_missing: 'Check the path, and the folder that the command runs in.',
  file_unreadable: 'Give a file that this user may read.',
  file_damaged: 'Fetch the file again. What was sent before the damage may be sent again: that changes nothing.',
  focus_no_files:
    'Give a file, a folder or a glob with names that end in .csv, .csv.gz or .parquet. A prefix in S3 ends in a slash.',
  focus_same_file_twice:
    'Keep one of the two: both together would count every charge twice. Where an exporter writes a new folder each time, let it overwrite, or set `deliveries: newest`.',
  focus_columns: 'Export with the columns of FOCUS 1.0 to 1.3, each of them once, and of a type that is documented.',
  focus_row_group: 'Write the file with smaller row groups: a hundred thousand rows are a good size.',
  focus_changed: 'Wait until nothing writes to the files, then read them again: that replaces what was sent.',
  bad_token: 'Make it of 16 to 4096 letters, digits and . _ ~ + / - only: `openssl rand -hex 32` prints one.',
  s3_path: 'Name it as s3://bucket/prefix/ or s3://bucket/key.',
  s3_no_bucket: 'Check the name of the bucket, and `s3.endpoint` if it is not at AWS.',
  s3_denied:
    'Allow s3:ListBucket on the bucket and s3:GetObject on its objects, and kms:Decrypt on the key if there is one.',
  s3_credentials: 'Give credentials as the AWS SDK finds them: a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  s3_region: 'Set `s3.region`, or AWS_REGION, to the region of the bucket.',
  s3_archived: 'Restore the object, or leave exports out of the rules that archive objects.',
  s3_listing: 'Check `s3.endpoint`: S3 itself ends its listings and tells the ETag of each object.',
  s3_refused: 'Look the code up in the documentation of the store.',
  s3_away: 'It passes: the next run tries again.',
} as const;

export type ProducerErrorCode = keyof typeof advice;

export function producerError(code: ProducerErrorCode, message: string, cause?: unknown): ApportionError {
  return new ApportionError(code, message, advice[code], { cause });
}
