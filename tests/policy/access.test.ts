import { UNKNOWN, type Resource } from "../../policy/model";
import { AUTHENTIK as AK } from "../../policy/tokens";
import { runProgram } from "../program";
import { accepts, refuses, resourcesOf, type Edit } from "./stack";

let base: readonly Resource[];
beforeAll(async () => {
  base = resourcesOf(await runProgram());
});
const stack = () => base;

/** A second application before the provider of another. */
const secondApplication = (edit: Edit, property: "protocolProvider" | "backchannelProviders") => {
  const own = edit.to("protocolProvider", AK.oauth2, "forgejo", "number");
  const value = own.inputs.protocolProvider;
  const urns = own.dependencies.protocolProvider ?? [];
  edit.add(
    AK.application,
    "copy",
    { slug: "copy", policyEngineMode: "any", [property]: property === "protocolProvider" ? value : [value] },
    { dependencies: { [property]: urns } },
  );
};

describe("who may enter", () => {
  refuses(stack, [
    {
      what: "one provider in two applications",
      rule: "provider-in-one-application",
      edit: (edit) => secondApplication(edit, "protocolProvider"),
      said: /^provider forgejo is in 2 applications \(copy, forgejo\)$/m,
    },
    {
      what: "a provider as another's backchannel",
      rule: "provider-in-one-application",
      edit: (edit) => secondApplication(edit, "backchannelProviders"),
      said: /^provider forgejo is in 2 applications/m,
    },
    {
      what: "a provider without an application",
      rule: "provider-in-one-application",
      edit: (edit) => edit.add(AK.oauth2, "stray", { name: "stray" }),
      said: /^provider stray is in no application$/m,
    },
    {
      what: "a provider of a kind the program does not know, without an application",
      rule: "provider-in-one-application",
      edit: (edit) => edit.add("authentik:index/providerSaml:ProviderSaml", "saml", { name: "saml" }),
      said: /^provider saml is in no application$/m,
    },
    {
      what: "an application with a provider by its bare number",
      rule: "provider-in-one-application",
      edit: (edit) =>
        edit.set(AK.application, "grafana", { protocolProvider: 4711 }, { protocolProvider: [] }),
      said: /^application grafana has provider 4711, which is not one of this program$/m,
    },
    {
      what: "another application's provider by its bare number",
      rule: "provider-in-one-application",
      edit: (edit) => {
        const { inputs } = edit.to("protocolProvider", AK.oauth2, "forgejo", "number");
        edit.set(AK.application, "grafana", inputs, { protocolProvider: [] });
      },
      said: /^provider forgejo is in 2 applications|application grafana has provider/m,
    },
    {
      what: "a group by its bare id, whatever the value came from",
      rule: "tenants-opened-to-impersonators",
      edit: (edit) => {
        const { inputs } = edit.to("group", AK.group, "plana-staff");
        edit.set(AK.policyBinding, "odoo-tenants-tenant-impersonators", inputs);
      },
      said: /^odoo-tenants is opened to plana-staff$/m,
      onceKnown: true,
    },
    {
      what: "an application without a provider",
      rule: "provider-in-one-application",
      edit: (edit) =>
        edit.set(AK.application, "grafana", { protocolProvider: undefined }, { protocolProvider: [] }),
      said: /^application grafana has provider none/m,
    },
    {
      what: "an application without a binding",
      rule: "application-opened-by-groups",
      edit: (edit) => edit.remove(AK.policyBinding, "grafana-plana-staff"),
      said: /^application grafana has no binding$/m,
    },
    {
      what: "a binding that is switched off",
      rule: "application-opened-by-groups",
      edit: (edit) => edit.set(AK.policyBinding, "grafana-plana-staff", { enabled: false }),
      said: /^application grafana has no binding that is enabled$/m,
    },
    {
      what: "a negated binding",
      rule: "application-opened-by-groups",
      edit: (edit) => edit.set(AK.policyBinding, "grafana-plana-staff", { negate: true }),
      said: /^binding grafana-plana-staff of application grafana is negated/m,
    },
    {
      what: "a binding that lets in when it fails",
      rule: "application-opened-by-groups",
      edit: (edit) => edit.set(AK.policyBinding, "grafana-plana-staff", { failureResult: true }),
      said: /lets people in when the check fails/,
    },
    ...(["negate", "failureResult"] as const).map((property) => ({
      what: `a binding of which nobody knows ${property} yet`,
      rule: "application-opened-by-groups",
      edit: (edit: Edit) => edit.set(AK.policyBinding, "grafana-plana-staff", { [property]: UNKNOWN }),
      said: /^binding grafana-plana-staff of application grafana (?:is negated|lets people in)/m,
    })),
    {
      what: "a binding of which nobody knows whether it is on",
      rule: "application-opened-by-groups",
      edit: (edit) => edit.set(AK.policyBinding, "grafana-plana-staff", { enabled: UNKNOWN }),
      said: /^application grafana has no binding that is enabled$/m,
    },
    {
      what: "a binding of a person",
      rule: "application-opened-by-groups",
      edit: (edit) =>
        edit.bind("grafana-one", [AK.application, "grafana"], "plana-staff", { group: undefined, user: 6 }),
      said: /^binding grafana-one of application grafana names a policy or a person, not a group$/m,
    },
    {
      what: "a binding of a policy that may let in anyone",
      rule: "application-opened-by-groups",
      edit: (edit) =>
        edit.bind("grafana-any", [AK.application, "grafana"], "plana-staff", { policy: "always" }),
      said: /^binding grafana-any of application grafana names a policy or a person/m,
    },
    {
      what: "a binding of a group outside the program",
      rule: "application-opened-by-groups",
      edit: (edit) => edit.set(AK.policyBinding, "grafana-plana-staff", { group: "5b0f2a8e" }, { group: [] }),
      said: /^binding grafana-plana-staff of application grafana names no group of this program$/m,
    },
    {
      what: "another engine mode",
      rule: "application-opened-by-groups",
      edit: (edit) => edit.set(AK.application, "matomo", { policyEngineMode: "all" }),
      said: /^application matomo has policyEngineMode "all"/m,
    },
    {
      what: "a binding on an object outside the program",
      rule: "binding-target-known",
      edit: (edit) => edit.set(AK.policyBinding, "grafana-plana-staff", { target: "0c1d" }, { target: [] }),
      said: /^binding grafana-plana-staff has a target that is not of this program: "0c1d"$/m,
    },
    {
      what: "the tenant platform opened to all staff",
      rule: "tenants-opened-to-impersonators",
      edit: (edit) => edit.bind("odoo-tenants-plana-staff", [AK.application, "odoo-tenants"], "plana-staff"),
      said: /^odoo-tenants is opened to plana-staff$/m,
    },
    ...(
      [
        ["a claim that names a group itself", "plana-groups", 'return {"groups": ["plana-admins"]}'],
        [
          "a claim of groups that are nobody's",
          "plana-profile",
          'claims = {"name": request.user.name}\nclaims["groups"] = ["Server Admin"]\nreturn claims',
        ],
        [
          "a claim of every group there is",
          "plana-groups",
          'return {"groups": [group.name for group in Group.objects.all()]}',
        ],
        [
          "the claim written another way",
          "plana-email",
          'return dict(groups=["plana-" + "admins"], email=request.user.email)',
        ],
      ] as const
    ).map(([what, name, expression]) => ({
      what,
      rule: "groups-claim-from-membership",
      edit: (edit: Edit) => edit.set(AK.scopeMapping, name, { expression }),
      said: new RegExp(`^scope mapping ${name} has another text than the program's for`, "m"),
    })),
    {
      what: "a claim under a scope of its own",
      rule: "groups-claim-from-membership",
      edit: (edit) =>
        edit.add(AK.scopeMapping, "extra", {
          name: "extra",
          scopeName: "extra",
          expression: 'return dict(groups=["plana-" + "admins"])',
        }),
      said: /^scope mapping extra is of scope "extra", which the program does not make$/m,
    },
    {
      what: "a mapping under the scope of another",
      rule: "groups-claim-from-membership",
      edit: (edit) => edit.set(AK.scopeMapping, "plana-groups", { scopeName: "openid" }),
      said: /^scope mapping plana-groups is of scope "openid"/m,
    },
    {
      what: "applications that are open by default",
      rule: "closed-by-default",
      edit: (edit) =>
        edit.set(AK.systemSettings, "system-settings", { flags: '{"core_default_app_access":true}' }),
      said: /^flags.core_default_app_access is not false$/m,
    },
    {
      what: "people who may change their own address",
      rule: "closed-by-default",
      edit: (edit) => edit.set(AK.systemSettings, "system-settings", { defaultUserChangeEmail: true }),
      said: /^defaultUserChangeEmail is not false$/m,
    },
    {
      what: "settings left to the server's defaults",
      rule: "closed-by-default",
      edit: (edit) =>
        edit.set(AK.systemSettings, "system-settings", {
          flags: undefined,
          defaultUserChangeUsername: undefined,
        }),
      said: /^defaultUserChangeUsername is not false\nflags.core_default_app_access is not false$/m,
    },
    ...([AK.user, AK.group] as const).map((type) => ({
      what: `an attribute of a ${type} that lets people change their own address`,
      rule: "closed-by-default",
      edit: (edit: Edit) =>
        edit.set(type, type === AK.user ? "martin.kotrulev" : "plana-staff", {
          attributes: '{"settings":{"locale":"de"},"goauthentik.io/user/can-change-email": true}',
        }),
      said: /: attribute goauthentik\.io\/user\/can-change-email is not false$/m,
    })),
    {
      what: "an attribute whose name is escaped",
      rule: "closed-by-default",
      edit: (edit) =>
        edit.set(AK.group, "plana-staff", {
          attributes: '{"goauthentik.io\\u002fuser\\u002fcan-change-username": true}',
        }),
      said: /^plana-staff: attribute goauthentik\.io\/user\/can-change-username is not false$/m,
    },
    {
      what: "attributes that nobody can read",
      rule: "closed-by-default",
      edit: (edit) => edit.set(AK.group, "plana-staff", { attributes: "a: b" }),
      said: /^plana-staff: attributes are no JSON object$/m,
    },
    {
      what: "a flag that is said twice",
      rule: "closed-by-default",
      edit: (edit) =>
        edit.set(AK.systemSettings, "system-settings", {
          flags: '{"core_default_app_access":false,"core_default_app_access":true}',
        }),
      said: /^flags.core_default_app_access is not false$/m,
    },
  ]);

  accepts(stack, [
    [
      "a person's language, and an attribute that forbids",
      (edit) =>
        edit.set(AK.user, "martin.kotrulev", {
          attributes: '{"settings":{"locale":"de"},"goauthentik.io/user/can-change-email":false}',
        }),
    ],
    [
      "an application opened to one more group",
      (edit) => edit.bind("grafana-plana-finance", [AK.application, "grafana"], "plana-finance"),
    ],
    [
      "a binding that is off beside one that is on",
      (edit) =>
        edit.bind("grafana-plana-finance", [AK.application, "grafana"], "plana-finance", { enabled: false }),
    ],
  ]);
});

describe("who is let in at all", () => {
  refuses(stack, [
    {
      what: "a person of another domain",
      rule: "people-of-staff-domain",
      edit: (edit) => edit.set(AK.user, "martin.kotrulev", { email: "martin.kotrulev@gmail.com" }),
      said: /^martin.kotrulev: address "martin.kotrulev@gmail.com" is not at plana.solutions$/m,
    },
    {
      what: "a domain that only looks like it",
      rule: "people-of-staff-domain",
      edit: (edit) => edit.set(AK.user, "martin.kotrulev", { email: "martin.kotrulev@planaxsolutions" }),
      said: /is not at plana.solutions/,
    },
    {
      what: "two addresses in one",
      rule: "people-of-staff-domain",
      edit: (edit) =>
        edit.set(AK.user, "martin.kotrulev", { email: "eve@gmail.com,martin.kotrulev@plana.solutions" }),
      said: /is not at plana.solutions/,
    },
    {
      what: "a person without an address",
      rule: "people-of-staff-domain",
      edit: (edit) => edit.set(AK.user, "martin.kotrulev", { email: undefined }),
      said: /^martin.kotrulev: address \(nothing\) is not told by the data$/m,
    },
    {
      what: "a service account",
      rule: "people-of-staff-domain",
      edit: (edit) => edit.set(AK.user, "martin.kotrulev", { type: "service_account" }),
      said: /^martin.kotrulev: type "service_account": expected internal$/m,
    },
    {
      what: "a username that is another's",
      rule: "people-of-staff-domain",
      edit: (edit) => edit.set(AK.user, "martin.kotrulev", { username: "akadmin" }),
      said: /^martin.kotrulev: username "akadmin" is not the address before the @$/m,
    },
    {
      what: "staff under another configuration",
      rule: "people-of-staff-domain",
      edit: () => undefined,
      knobs: { staffDomain: "sso.test" },
      said: /is not at sso.test/,
    },
    ...(
      [
        ["a second domain", 'domain = "plana.solutions"', 'domain = "gmail.com"'],
        ["any domain", 'domain = "plana.solutions"', 'domain = info.get("hd")'],
        ["the hosted domain not asked for", 'info.get("hd") == domain', "True"],
        ["an alternative", 'info.get("hd") == domain', 'info.get("hd") == domain or True'],
        ["a return before", "return (", "if user:\n    return 1\nreturn ("],
        ["a negation", "ak_is_sso_flow", "not ak_is_sso_flow"],
        [
          "the domain of whoever comes",
          'domain = "plana.solutions"',
          'domain = info.get("hd") # "plana.solutions"',
        ],
        [
          "the domain set once more",
          'domain = "plana.solutions"',
          'domain = "plana.solutions"\ndomain = info.get("hd")',
        ],
        [
          "an answer that Google did not give",
          'info = request.context.get("oauth_userinfo") or {}',
          'info = {"hd": "plana.solutions"}',
        ],
        ["another key in its place", 'info.get("hd") == domain', 'info.get("hd") == info.get("hd")'],
        ["a return that only looks like the program's", "return (", "return bool(email) if email else ("],
      ] as const
    ).map(([what, from, to]) => ({
      what,
      rule: "source-of-staff-domain",
      edit: (edit: Edit) => {
        const { inputs } = edit.one(AK.policyExpression, "plana-google-staff-only");
        const expression = String(inputs.expression);
        if (!expression.includes(from)) throw new Error(`the expression has no ${from}`);
        edit.set(AK.policyExpression, "plana-google-staff-only", {
          expression: expression.replace(from, to),
        });
      },
      said: /^policy of source google is not the program's, which asks for plana\.solutions$/m,
    })),
    {
      what: "a Google door without its policy",
      rule: "source-of-staff-domain",
      edit: (edit) => edit.remove(AK.policyBinding, "plana-google-staff-only"),
      said: /^flow plana-google of source google has no policy that asks for plana.solutions$/m,
    },
    {
      what: "a Google door whose policy is switched off",
      rule: "source-of-staff-domain",
      edit: (edit) => edit.set(AK.policyBinding, "plana-google-staff-only", { enabled: false }),
      said: /has no policy/,
    },
    ...(["enabled", "negate", "failureResult"] as const).map((property) => ({
      what: `a Google door of whose policy nobody knows ${property} yet`,
      rule: "source-of-staff-domain",
      edit: (edit: Edit) => edit.set(AK.policyBinding, "plana-google-staff-only", { [property]: UNKNOWN }),
      said: /has no policy/,
    })),
    {
      what: "a Google door that opens when its policy fails",
      rule: "source-of-staff-domain",
      edit: (edit) => edit.set(AK.policyBinding, "plana-google-staff-only", { failureResult: true }),
      said: /has no policy/,
    },
    {
      what: "a Google door with an alternative to its policy",
      rule: "source-of-staff-domain",
      edit: (edit) =>
        edit
          .set(AK.flow, "plana-google", { policyEngineMode: "any" })
          .bind("plana-google-anyone", [AK.flow, "plana-google"], "plana-staff"),
      said: /policies of which one is enough/,
    },
    {
      what: "an active person outside the staff group",
      rule: "everyone-in-staff-group",
      edit: (edit) => {
        const admins = edit.to("groups", AK.group, "plana-admins");
        edit.set(AK.user, "julian.lubenov", { groups: [admins.inputs.groups] }, admins.dependencies);
      },
      said: /^julian.lubenov is active and not in plana-staff$/m,
    },
    {
      what: "a group that lists its members",
      rule: "membership-by-roster",
      edit: (edit) => edit.set(AK.group, "plana-admins", { users: [24] }),
      said: /^group plana-admins lists its members itself$/m,
    },
    {
      what: "a person in a group outside the program",
      rule: "membership-by-roster",
      edit: (edit) => {
        const { inputs } = edit.one(AK.user, "martin.kotrulev");
        edit.set(AK.user, "martin.kotrulev", {
          groups: [...(inputs.groups as string[]), "authentik-admins"],
        });
      },
      said: /^martin.kotrulev is in group "authentik-admins", which is not of this program$/m,
    },
    {
      what: "a disabled person who keeps groups",
      rule: "leavers-in-no-group",
      edit: (edit) => edit.set(AK.user, "julian.lubenov", { isActive: false }),
      said: /^julian.lubenov is disabled and in plana-staff, plana-admins$/m,
    },
  ]);

  accepts(stack, [
    [
      "a person who leaves",
      (edit) => edit.set(AK.user, "julian.lubenov", { isActive: false, groups: [] }, { groups: [] }),
    ],
    [
      "staff of another domain, where the pack is told so",
      (edit) => {
        for (const { name, inputs } of edit.all(AK.user)) {
          edit.set(AK.user, name, { email: String(inputs.email).replace("plana.solutions", "sso.test") });
        }
        const { inputs } = edit.one(AK.policyExpression, "plana-google-staff-only");
        edit.set(AK.policyExpression, "plana-google-staff-only", {
          expression: String(inputs.expression).replace("plana.solutions", "sso.test"),
        });
      },
      { staffDomain: "sso.test" },
    ],
  ]);
});

describe("who administers", () => {
  refuses(stack, [
    {
      what: "a new superuser group",
      rule: "superuser-groups",
      edit: (edit) => edit.add(AK.group, "plana-root", { name: "plana-root", isSuperuser: true }),
      said: /^group plana-root administers Authentik$/m,
    },
    {
      what: "another superuser group",
      rule: "superuser-groups",
      edit: (edit) => edit.set(AK.group, "plana-finance", { isSuperuser: true }),
      said: /^group plana-finance administers Authentik$/m,
    },
    {
      what: "a group below a superuser group",
      rule: "superuser-groups",
      edit: (edit) => {
        const { inputs, dependencies } = edit.to("parents", AK.group, "plana-admins");
        edit.set(AK.group, "plana-finance", { parents: [inputs.parents] }, dependencies);
      },
      said: /^group plana-finance administers Authentik through its parent plana-admins$/m,
    },
    {
      what: "a group two below a superuser group",
      rule: "superuser-groups",
      edit: (edit) => {
        const admins = edit.to("parents", AK.group, "plana-admins");
        edit.set(AK.group, "tenant-impersonators", { parents: [admins.inputs.parents] }, admins.dependencies);
        const middle = edit.to("parents", AK.group, "tenant-impersonators");
        edit.set(AK.group, "plana-staff", { parents: [middle.inputs.parents] }, middle.dependencies);
      },
      said: /^group plana-staff administers Authentik through its parent plana-admins$/m,
    },
    {
      what: "a group below one outside the program",
      rule: "superuser-groups",
      edit: (edit) => edit.set(AK.group, "plana-staff", { parents: ["authentik-admins-uuid"] }),
      said: /^group plana-staff has parent "authentik-admins-uuid", which is not of this program$/m,
    },
    {
      what: "a role of Authentik",
      rule: "no-rights-beside-groups",
      edit: (edit) => edit.add(AK.role, "helpers", { name: "helpers" }),
      said: /^helpers gives rights of administration$/m,
    },
    {
      what: "a permission",
      rule: "no-rights-beside-groups",
      edit: (edit) => edit.add(AK.permissionRole, "view", { permission: "authentik_core.view_token" }),
      said: /^view gives rights of administration$/m,
    },
    {
      what: "a permission of a person",
      rule: "no-rights-beside-groups",
      edit: (edit) => edit.add("authentik:index/rbacPermissionUser:RbacPermissionUser", "view", {}),
      said: /^view gives rights of administration$/m,
    },
    ...["rbac.authorization.k8s.io/v1:ClusterRoleBindingPatch", "networking.k8s.io/v1:IngressPatch"].map(
      (type) => ({
        what: `a patch (${type})`,
        rule: "no-rights-beside-groups",
        edit: (edit: Edit) => edit.add(`kubernetes:${type}`, "eve", {}),
        said: /^eve patches an object/m,
      }),
    ),
    {
      what: "a blueprint, which makes what no rule sees",
      rule: "no-rights-beside-groups",
      edit: (edit) => edit.add("authentik:index/blueprint:Blueprint", "more", { name: "more" }),
      said: /^more gives rights of administration$/m,
    },
    {
      what: "a role on a group",
      rule: "no-rights-beside-groups",
      edit: (edit) => edit.set(AK.group, "plana-staff", { roles: ["some-role"] }),
      said: /^plana-staff has roles of Authentik$/m,
    },
    {
      what: "an impersonator who is no administrator",
      rule: "impersonators-are-admins",
      edit: (edit) => {
        const { inputs, dependencies } = edit.one(AK.user, "ramona.gospodinova");
        const { inputs: to, dependencies: from } = edit.to("groups", AK.group, "tenant-impersonators");
        edit.set(
          AK.user,
          "ramona.gospodinova",
          { groups: [...(inputs.groups as string[]), to.groups] },
          { groups: [...(dependencies.groups ?? []), ...(from.groups ?? [])] },
        );
      },
      said: /^ramona.gospodinova is in tenant-impersonators and in none of plana-admins$/m,
    },
    {
      what: "a group of impersonators by its parent",
      rule: "impersonators-are-admins",
      edit: (edit) => {
        const { inputs, dependencies } = edit.to("parents", AK.group, "tenant-impersonators");
        edit.set(AK.group, "plana-finance", { parents: [inputs.parents] }, dependencies);
      },
      said: /^martin.kotrulev is in tenant-impersonators and in none of plana-admins$/m,
    },
    {
      what: "a role of the cluster for another group",
      rule: "cluster-rights-by-group",
      edit: (edit) =>
        edit.set("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "plana-admins", {
          subjects: [
            { kind: "Group", name: "plana-admins" },
            { kind: "Group", name: "plana-staff" },
          ],
        }),
      said: /^plana-admins gives a role of the cluster to "Group" "plana-staff"$/m,
    },
    {
      what: "a role of the cluster for a service account",
      rule: "cluster-rights-by-group",
      edit: (edit) =>
        edit.add("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "bot", {
          subjects: [{ kind: "ServiceAccount", name: "plana-admins" }],
        }),
      said: /^bot gives a role of the cluster to "ServiceAccount" "plana-admins"$/m,
    },
  ]);

  accepts(stack, [
    [
      "another superuser group, where the pack is told so",
      (edit) => edit.set(AK.group, "plana-finance", { isSuperuser: true }),
      { superuserGroups: ["plana-admins", "plana-finance"] },
    ],
  ]);
});
