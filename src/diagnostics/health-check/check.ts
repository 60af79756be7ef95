/** One thing that `--check` looks at. */

export interface CheckResult {
  /** What was looked at. */
  subject: string;
  isOk: boolean;
  /** What was found, in a line without content or keys. */
  finding: string;
}
