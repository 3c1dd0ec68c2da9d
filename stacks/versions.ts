/**
 * Version of the chart, and so of the server. The API client and the provider move with it (docs/dependencies.md). Here by
 * itself, so that the sandbox can read it without what reads the configuration.
 */
export const CHART_VERSION = "2026.5.6";
