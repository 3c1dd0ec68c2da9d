import type { Consumer } from "./consumer";

/**
 * Nextcloud's app `user_oidc` takes a provider by its own command, which adds or updates (`occ user_oidc:provider`).
 * The script runs in Nextcloud's container with the Secret as its environment, and may run again.
 */
export const nextcloud: Consumer = () => ({
  "setup.sh": `#!/bin/sh
set -eu
php occ user_oidc:provider authentik \\
  --clientid="$OIDC_CLIENT_ID" --clientsecret="$OIDC_CLIENT_SECRET" --discoveryuri="$OIDC_DISCOVERY_URL" \\
  --scope="$OIDC_SCOPES" --unique-uid=0 --mapping-uid=preferred_username --mapping-display-name=name \\
  --mapping-email=email --mapping-groups=groups --group-provisioning=1
`,
});
