import type { Resource } from "../../policy/model";
import { AUTHENTIK as AK, KUBERNETES as K8S } from "../../policy/tokens";
import { runProgram } from "../program";
import { accepts, refuses, resourcesOf, type Edit } from "./stack";

let base: readonly Resource[];
beforeAll(async () => {
  base = resourcesOf(await runProgram());
});
const stack = () => base;

describe("what there is at all", () => {
  refuses(stack, [
    ...[
      "kubernetes:apps/v1:Deployment",
      "kubernetes:batch/v1:CronJob",
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
      "kubernetes:rbac.authorization.k8s.io/v1:Role",
      "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
      "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
      "kubernetes:traefik.io/v1alpha1:IngressRoute",
      "kubernetes:yaml/v2:ConfigFile",
      "command:local:Command",
      "authentik:index/stageCaptcha:StageCaptcha",
      "authentik:index/stageEmail:StageEmail",
      "authentik:index/stageRedirect:StageRedirect",
      "authentik:index/stageUserDelete:StageUserDelete",
      "authentik:index/propertyMappingNotification:PropertyMappingNotification",
      "authentik:index/token:Token",
      "pulumi:pulumi:StackReference",
    ].map((type) => ({
      what: type,
      rule: "known-kinds",
      edit: (edit: Edit) => edit.add(type, "eve", { name: "eve" }),
      said: new RegExp(`^${type} eve is of a kind that this program does not make$`, "m"),
    })),
    {
      what: "another Helm release",
      rule: "known-kinds",
      edit: (edit) =>
        edit.add(K8S.release, "tool", { name: "authentik-tool", chart: "authentik", version: "1.0.0" }),
      said: /^kubernetes:helm\.sh\/v3:Release tool is another Helm release \("authentik-tool"\) than/m,
    },
    {
      what: "the server's release under another name",
      rule: "known-kinds",
      edit: (edit) => edit.set(K8S.release, "authentik", { name: "eve" }),
      said: /is another Helm release \("eve"\) than the server's$/m,
    },
    {
      what: "a provider that leads to another server",
      rule: "known-kinds",
      edit: (edit) => edit.add("pulumi:providers:authentik", "eve", { url: "https://eve.example.org" }),
      said: /^pulumi:providers:authentik eve is a provider of its own/m,
    },
    {
      what: "a provider that checks no certificate",
      rule: "known-kinds",
      edit: (edit) => edit.add("pulumi:providers:authentik", "default_2026_5_0", { insecure: "true" }),
      said: /^pulumi:providers:authentik default_2026_5_0 does not check the server's certificate/m,
    },
  ]);

  accepts(stack, [
    [
      "the engine's own providers, and components",
      (edit) =>
        edit
          .add("pulumi:providers:authentik", "default_2026_5_0", { url: "https://auth.planapulse.com" })
          .add("pulumi:providers:kubernetes", "default_4_32_0", { enableSecretMutable: "true" })
          .add("pulumi:providers:random", "default", {})
          .add("plana:sso:Scopes", "more", {}),
    ],
    [
      "a kind that the pack is told of",
      (edit) => edit.add(AK.token, "script", { identifier: "script", intent: "api" }),
      { furtherKinds: [AK.token] },
    ],
  ]);
});
