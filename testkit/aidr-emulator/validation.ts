/** AIDR's validation errors, from what zod finds wrong with a body. */
import type { z } from 'zod';

/** One entry of `result.errors`; `source` is a JSON pointer into the request. */
export interface ValidationError {
  readonly code: string;
  readonly detail: string;
  readonly source: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** AIDR's errors for the issues that a schema found in a body. */
export function errorsOf(issues: readonly Issue[], body: unknown): ValidationError[] {
  return issues.flatMap((issue) => toErrors(issue, [], body));
}

/**
 * The error for a context that is base64 and nothing else that is known: broken, or not of this AIDR. That it is a
 * ValidationError is documented; which code it has is not.
 */
export function unknownContext(member: string): ValidationError {
  return error('DoesNotMatchPattern', `${member} is not a known FPE context`, [member]);
}

/**
 * What an older AIDR says of fields that it does not know.
 *
 * @param pointers JSON pointers of those fields
 */
export function unknownFields(body: unknown, pointers: Iterable<string>): ValidationError[] {
  return [...pointers].flatMap((pointer) => {
    const path = pointer.split('/').slice(1);
    return valueAt(body, path) === undefined
      ? []
      : [error('UnexpectedProperty', `Unexpected property ${path.at(-1)}`, path)];
  });
}

/** A violation of a rule that zod does not know, for `check`. */
export function problem(code: string, path: PropertyKey[], message: string): z.core.$ZodRawIssue {
  return { code: 'custom', path, message, params: { code }, input: undefined };
}

function toErrors(issue: Issue, base: Path, body: unknown): ValidationError[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => error('UnexpectedProperty', `Unexpected property ${key}`, [...path, key]));
  if (valueAt(body, path) === undefined && issue.code !== 'custom')
    return [error('FieldRequired', `${String(path.at(-1))} is required`, path)];
  // Of a union's branches the one that got further than the value itself is the one that was meant.
  const meant =
    issue.code === 'invalid_union'
      ? issue.errors.find((branch) => branch.every((each) => each.path.length > 0))
      : undefined;
  if (meant && meant.length > 0) return meant.flatMap((each) => toErrors(each, path, body));
  return [error(codeOf(issue), issue.message, path)];
}

function codeOf(issue: Issue): string {
  switch (issue.code) {
    case 'custom':
      return String(issue.params?.code);
    case 'invalid_type':
      return (
        { string: 'InvalidString', boolean: 'InvalidBool', array: 'InvalidArray' }[
          issue.expected as string
        ] ?? 'InvalidObject'
      );
    case 'invalid_union':
      return issue.path.at(-1) === 'type' ? 'NotEnumMember' : 'InvalidString';
    case 'too_big':
      return 'AboveMaxLength';
    case 'too_small':
      return issue.origin === 'array' ? 'BelowMinItems' : 'BelowMinLength';
    case 'invalid_format':
      return 'BadFormatBase64';
    default:
      return 'NotEnumMember';
  }
}

function error(code: string, detail: string, path: Path): ValidationError {
  const source = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { code, detail, source };
}

function valueAt(body: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    body,
  );
}
