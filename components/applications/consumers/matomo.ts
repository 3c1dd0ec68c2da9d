import { endpoints, type Consumer, type ConsumerContext } from "./consumer";

const settings = (context: ConsumerContext): Record<string, string> => {
  const { authorize, token, userinfo, endSession } = endpoints(context);
  return {
    authenticationName: "PLANA",
    authorizeUrl: authorize,
    tokenUrl: token,
    userinfoUrl: userinfo,
    endSessionUrl: endSession,
    // Linked by username, which only the program can set.
    userinfoId: "preferred_username",
    autoLinking: "1",
    clientId: context.clientId,
    clientSecret: context.clientSecret,
    scope: "openid profile email",
  };
};

/**
 * Matomo's plugin LoginOIDC has its settings in the database; a section of that name in `config.ini.php` overrides
 * them, and Matomo's own command writes it (`console config:set`). The plugin's setting names are those of its
 * `SystemSettings.php`. The section is delivered as a file and as a script that may run again.
 */
export const matomo: Consumer = (context) => {
  const entries = Object.entries(settings(context));
  return {
    "LoginOIDC.ini": `[LoginOIDC]\n${entries.map(([key, value]) => `${key} = "${value}"\n`).join("")}`,
    ...Object.fromEntries(entries.map(([key, value]) => [`MATOMO_LOGINOIDC_${key}`, value])),
    "setup.sh": `#!/bin/sh
set -eu
${entries
  .map(
    ([key]) => `./console config:set --section=LoginOIDC --key=${key} --value="$MATOMO_LOGINOIDC_${key}"\n`,
  )
  .join("")}`,
  };
};
