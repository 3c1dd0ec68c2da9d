import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import type { Builtins } from "../builtin";

export interface ScopesArgs {
  readonly builtins: Builtins;
}

/**
 * The scope mappings of PLANA. Own ones, since the built-in ones are reset on every upgrade:
 *
 * - `groups` emits the claim every application authorises from;
 * - `profile` is the built-in one without its `groups`: two mappings that emit the same list would be merged to one
 *   that names every group twice;
 * - `email` says that the address is verified, which it is: the program sets it. The built-in one denies it, and
 *   Vaultwarden and others then refuse the login.
 */
export class Scopes extends pulumi.ComponentResource {
  /** Uuids of the mappings that every OIDC provider offers. */
  readonly mappings: readonly pulumi.Output<string>[];

  constructor(name: string, args: ScopesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:Scopes", name, {}, opts);
    const mapping = (scopeName: string, description: string, lines: readonly string[]) =>
      new authentik.PropertyMappingProviderScope(
        `plana-${scopeName}`,
        { name: `plana-${scopeName}`, scopeName, description, expression: lines.join("\n") },
        { parent: this, protect: true },
      ).id;
    this.mappings = [
      pulumi.output(args.builtins.scopes.openid),
      mapping("profile", "Name and username", [
        "return {",
        '    "name": request.user.name,',
        '    "given_name": request.user.name,',
        '    "preferred_username": request.user.username,',
        '    "nickname": request.user.username,',
        "}",
      ]),
      mapping("email", "E-mail address", [
        "return {",
        '    "email": request.user.email,',
        '    "email_verified": True,',
        "}",
      ]),
      mapping("groups", "Groups", [
        'return {"groups": sorted(group.name for group in request.user.all_groups())}',
      ]),
      // Gives refresh tokens to those who ask for it.
      pulumi.output(args.builtins.scopes.offlineAccess),
    ];
    // Which id is which: else the state does not tell what a client may ask for.
    const { offlineAccess, ...shipped } = args.builtins.scopes;
    this.registerOutputs({ shipped: { ...shipped, offline_access: offlineAccess } });
  }
}
