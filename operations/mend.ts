/** The commands that a message names to mend something, each as it is typed. */
export const mend = {
  /** Brings the program's values to the servers, checked by the policy pack. */
  up: (stack: string): string => `npm run up -- --stack ${stack}`,
  /** Sets a secret; it is typed or piped in. */
  secret: (key: string, stack: string): string =>
    `npm run pulumi -- config set --secret ${key.includes(".") ? `--path '${key}'` : key} --stack ${stack}`,
  set: (key: string, value: string, stack: string): string =>
    `npm run pulumi -- config set ${key} ${value} --stack ${stack}`,
  ops: (stack: string, verb: string): string => `npm run ops -- --stack ${stack} ${verb}`,
} as const;
