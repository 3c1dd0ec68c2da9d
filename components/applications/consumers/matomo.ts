import { endpoints, type Consumer, type ConsumerContext } from "./consumer";
import { AS_WWW_DATA, quoted, setupScript } from "./setup-script";

/** Settings of the plugin LoginOIDC, by the names of its `SystemSettings.php`; none is a secret. */
const settings = (context: ConsumerContext): Readonly<Record<string, string>> => {
  const { authorize, token, userinfo, endSession } = endpoints(context);
  return {
    authenticationName: "PLANA",
    authorizeUrl: authorize,
    tokenUrl: token,
    userinfoUrl: userinfo,
    endSessionUrl: endSession,
    // A person is linked to the Matomo account whose login equals the username, which only the program can set. So
    // Matomo's logins must be the usernames: `first.last`.
    userinfoId: "preferred_username",
    autoLinking: "1",
    scope: "openid profile email",
    // Else the plugin makes it from the scheme it sees, which behind a proxy is http.
    ...(context.redirectUri === undefined ? {} : { redirectUriOverride: context.redirectUri }),
  };
};

/**
 * Matomo's plugin LoginOIDC has its settings in the database; a section of that name in Matomo's configuration
 * overrides them.
 *
 * - `common.config.ini.php`: Matomo reads it from `/config/` beside its own `config.ini.php` (`Config.php`,
 *   DEFAULT_COMMON_CONFIG_PATH). Mounted there with `subPath`, it is the one reference, and no command is needed. Its
 *   first line keeps a web server from showing it.
 * - `setup.sh`: Matomo's own command (`console config:set`) writes the same section into `config.ini.php`. It prints
 *   what it sets, so its output is dropped; and it knows no other way for the secret than an argument.
 */
export const matomo: Consumer = (context) => {
  const plain = Object.entries(settings(context));
  const credentials = [
    ["clientId", context.clientId, '"$OIDC_CLIENT_ID"'],
    ["clientSecret", context.clientSecret, '"$OIDC_CLIENT_SECRET"'],
  ] as const;
  const ini = [...plain, ...credentials].map(([key, value]) => `${key} = "${value}"\n`);
  const words = [
    ...plain.map(([key, value]) => [key, quoted(value)]),
    ...credentials.map(([key, , word]) => [key, word]),
  ];
  return {
    "common.config.ini.php": `; <?php exit; ?> DO NOT REMOVE THIS LINE\n[LoginOIDC]\n${ini.join("")}`,
    "setup.sh": setupScript({
      needs: ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"],
      insteadOfRoot: AS_WWW_DATA,
      commands: `path=/var/www/html/console
[ -f "$path" ] || path=console
setting() {
  php "$path" config:set --section=LoginOIDC --key="$1" --value="$2" >/dev/null 2>&1 && return
  echo "Matomo's console refused the setting $1 of LoginOIDC" >&2
  exit 1
}
${words.map((both) => `setting ${both.join(" ")}\n`).join("")}`,
    }),
  };
};
