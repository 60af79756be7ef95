/** What Kong's configuration calls this plugin. */
export const NAME = 'crowdstrike-aidr-request';
