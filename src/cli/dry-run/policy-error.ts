/** A policy, or the settings in it, that the plugins would not take. Names the field, never its value. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}
