const authentik = <T extends string>(name: T) => {
  const module = (name.charAt(0).toLowerCase() + name.slice(1)) as Uncapitalize<T>;
  return `authentik:index/${module}:${name}` as const;
};

/**
 * Type tokens in full. The shorter form that a preview prints (`authentik:index:Group`) matches nothing, silently.
 */
export const AUTHENTIK = {
  application: authentik("Application"),
  brand: authentik("Brand"),
  eventMatcher: authentik("PolicyEventMatcher"),
  eventRule: authentik("EventRule"),
  eventTransport: authentik("EventTransport"),
  flow: authentik("Flow"),
  flowStageBinding: authentik("FlowStageBinding"),
  group: authentik("Group"),
  outpost: authentik("Outpost"),
  policyBinding: authentik("PolicyBinding"),
  policyExpression: authentik("PolicyExpression"),
  policyPassword: authentik("PolicyPassword"),
  policyReputation: authentik("PolicyReputation"),
  scopeMapping: authentik("PropertyMappingProviderScope"),
  oauth2: authentik("ProviderOauth2"),
  proxy: authentik("ProviderProxy"),
  permissionRole: authentik("RbacPermissionRole"),
  role: authentik("RbacRole"),
  source: authentik("SourceOauth"),
  staticSetup: authentik("StageAuthenticatorStatic"),
  totpSetup: authentik("StageAuthenticatorTotp"),
  validate: authentik("StageAuthenticatorValidate"),
  deny: authentik("StageDeny"),
  identification: authentik("StageIdentification"),
  prompt: authentik("StagePrompt"),
  promptField: authentik("StagePromptField"),
  userLogin: authentik("StageUserLogin"),
  userWrite: authentik("StageUserWrite"),
  systemSettings: authentik("SystemSettings"),
  token: authentik("Token"),
  user: authentik("User"),
} as const;

export const KUBERNETES = {
  configMap: "kubernetes:core/v1:ConfigMap",
  namespace: "kubernetes:core/v1:Namespace",
  secret: "kubernetes:core/v1:Secret",
  service: "kubernetes:core/v1:Service",
  ingress: "kubernetes:networking.k8s.io/v1:Ingress",
  release: "kubernetes:helm.sh/v3:Release",
  clusterRoleBinding: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
  roleBinding: "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
  /** A custom resource: of no SDK. */
  middleware: "kubernetes:traefik.io/v1alpha1:Middleware",
} as const;

export const RANDOM = {
  password: "random:index/randomPassword:RandomPassword",
  string: "random:index/randomString:RandomString",
  uuid: "random:index/randomUuid:RandomUuid",
} as const;
