/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  // Most of the time a test waits for the engine; jest itself would leave one core to the terminal.
  maxWorkers: "100%",
  // A busy machine is no failure; only what hangs takes this long.
  testTimeout: 60_000,
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  // Copies of the program under .local are not modules of this one.
  modulePathIgnorePatterns: ["<rootDir>/.local/", "<rootDir>/sdks/authentik/bin/package.json"],
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
    // Ships ES modules only.
    "/node_modules/.+\\.js$": ["@swc/jest", { jsc: { target: "es2022" }, module: { type: "commonjs" } }],
  },
  transformIgnorePatterns: [
    "/node_modules/(?!(@kubernetes/client-node|openid-client|oauth4webapi|jose|ky|p-retry|is-network-error)/)",
  ],
};
