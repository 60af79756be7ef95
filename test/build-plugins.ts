/** Tests drive the compiled plugins, so they are compiled before every run. */
export async function setup(): Promise<void> {
  await import('../build.ts');
}
