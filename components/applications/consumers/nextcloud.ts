import type { Consumer } from "./consumer";
import { AS_WWW_DATA, setupScript } from "./setup-script";

/**
 * Nextcloud's app `user_oidc` takes a provider by its own command, which adds or updates (`occ user_oidc:provider`,
 * `UpsertProvider.php`); newer versions read the secret from the environment. Mounted whole at
 * `/docker-entrypoint-hooks.d/before-starting` with files that may be executed, the Secret is run by the image before
 * each start, as `www-data`, whom `occ` demands (nextcloud/docker, `docker-entrypoint.sh`).
 *
 * The redirect path follows Nextcloud's own addresses: `/apps/user_oidc/code`, and `/index.php/apps/user_oidc/code`
 * where the web server has no pretty ones. An installation sends one of the two, so only one is registered.
 */
export const nextcloud: Consumer = () => ({
  "setup.sh": setupScript({
    needs: ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_DISCOVERY_URL", "OIDC_SCOPES"],
    insteadOfRoot: AS_WWW_DATA,
    commands: `path=/var/www/html/occ
[ -f "$path" ] || path=occ
occ() { php "$path" "$@"; }
occ app:enable user_oidc || occ app:install user_oidc
help=$(occ user_oidc:provider --help)
case $help in
  *--clientsecret-env*) set -- --clientsecret-env=OIDC_CLIENT_SECRET ;;
  *) set -- --clientsecret="$OIDC_CLIENT_SECRET" ;;
esac
occ user_oidc:provider authentik \\
  --clientid="$OIDC_CLIENT_ID" "$@" --discoveryuri="$OIDC_DISCOVERY_URL" \\
  --scope="$OIDC_SCOPES" --unique-uid=0 --mapping-uid=preferred_username --mapping-display-name=name \\
  --mapping-email=email --mapping-groups=groups --group-provisioning=1
`,
  }),
});
