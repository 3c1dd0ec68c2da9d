import { SCOPES, type Consumer } from "./consumer";
import { quoted, setupScript } from "./setup-script";

/** Name of the authentication source; it stands in the redirect path. */
export const FORGEJO_SOURCE = "authentik";

/**
 * Forgejo keeps authentication sources in its database and knows neither an environment name nor a file for them; its
 * own command takes them (`forgejo admin auth add-oauth`, `update-oauth`), the secret as an argument. The command
 * refuses root, which the image that is not `-rootless` starts as; that image brings `su-exec` and the user `git`.
 *
 * The script must run before the server starts, e.g. in an initContainer: a server that runs keeps the sources, and so
 * the old secret, that it has read.
 */
export const forgejo: Consumer = ({ adminGroup }) => ({
  FORGEJO__oauth2_client__ENABLE_AUTO_REGISTRATION: "true",
  FORGEJO__oauth2_client__USERNAME: "nickname",
  FORGEJO__oauth2_client__ACCOUNT_LINKING: "login",
  "setup.sh": setupScript({
    needs: ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_DISCOVERY_URL"],
    insteadOfRoot: 'su-exec git sh "$0"',
    // In two steps: a pipe would hide that the list failed, and a second source of the name would be added.
    commands: `list=$(forgejo admin auth list)
id=$(printf '%s\\n' "$list" | awk '$2 == "${FORGEJO_SOURCE}" { print $1 }')
set -- --name ${FORGEJO_SOURCE} --provider openidConnect \\
  --key "$OIDC_CLIENT_ID" --secret "$OIDC_CLIENT_SECRET" --auto-discover-url "$OIDC_DISCOVERY_URL" \\
  --scopes ${SCOPES.join(",")} --group-claim-name groups --admin-group ${quoted(adminGroup)}
if [ -n "$id" ]; then
  forgejo admin auth update-oauth --id "$id" "$@"
else
  forgejo admin auth add-oauth "$@"
fi
`,
  }),
});
