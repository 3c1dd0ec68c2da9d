import { SCOPES } from "../scopes";
import type { Consumer } from "./consumer";

/** Name of the authentication source; it stands in the redirect path. */
export const FORGEJO_SOURCE = "authentik";

/**
 * Forgejo keeps authentication sources in its database and knows neither an environment name nor a file for them; its
 * own command takes them (`forgejo admin auth add-oauth`, `update-oauth`). The script runs in Forgejo's container
 * with the Secret as its environment, and may run again.
 */
export const forgejo: Consumer = ({ adminGroup }) => ({
  FORGEJO__oauth2_client__ENABLE_AUTO_REGISTRATION: "true",
  FORGEJO__oauth2_client__USERNAME: "nickname",
  FORGEJO__oauth2_client__ACCOUNT_LINKING: "login",
  "setup.sh": `#!/bin/sh
set -eu
id=$(forgejo admin auth list | awk '$2 == "${FORGEJO_SOURCE}" { print $1 }')
set -- --name ${FORGEJO_SOURCE} --provider openidConnect \\
  --key "$OIDC_CLIENT_ID" --secret "$OIDC_CLIENT_SECRET" --auto-discover-url "$OIDC_DISCOVERY_URL" \\
  --scopes ${SCOPES.join(",")} --group-claim-name groups --admin-group ${adminGroup}
if [ -n "$id" ]; then
  forgejo admin auth update-oauth --id "$id" "$@"
else
  forgejo admin auth add-oauth "$@"
fi
`,
});
