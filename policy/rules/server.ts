import { createHash } from "node:crypto";

import { isGiven, isRecord, textOf, textsIn, UNKNOWN, valueOf, type Resource, type Stack } from "../model";
import { shown, violation, type Rule, type Violation } from "../rule";
import { KUBERNETES, RANDOM } from "../tokens";
import { helmValue, isServer, secretData, settingsSecret } from "./release";

const KEY = "AUTHENTIK_SECRET_KEY";

/** The digest that a seal keeps of the secret key; undefined for a resource that is no seal. */
function digestOf(resource: Resource): unknown {
  const keepers = valueOf(resource, "keepers");
  return keepers === UNKNOWN ? UNKNOWN : isRecord(keepers) ? keepers.sha256 : undefined;
}

function sealed(stack: Stack): Violation[] {
  const servers = stack.all(KUBERNETES.release).filter(isServer);
  if (servers.length > 1) return [{ what: `${servers.length} servers in the program; expected one` }];
  const secret = settingsSecret(stack);
  if (!secret)
    return [
      {
        what: "the server reads its settings from no Secret of this program (authentik.existingSecret.secretName)",
      },
    ];
  const data = secretData(secret);
  const key = data === UNKNOWN ? UNKNOWN : data[KEY];
  if (!isGiven(key))
    return violation(secret, `${secret.name} has no ${KEY}: the pods crash with "Secret key missing"`);
  const seals = stack.all(RANDOM.uuid).filter((resource) => digestOf(resource) !== undefined);
  const [seal] = seals;
  if (!seal) return [{ what: "no seal keeps the digest of the secret key" }];
  if (!seal.protect)
    return violation(
      seal,
      "the seal of the secret key is not protected, so another key would simply replace it",
    );
  if (seal.ignoreChanges.length > 0)
    return violation(seal, `the seal ignores changes of ${seal.ignoreChanges.join(", ")}`);
  const digests = seals.map(digestOf);
  if (typeof key === "string" && !digests.includes(UNKNOWN)) {
    const digest = createHash("sha256").update(key).digest("hex");
    return digests.every((kept) => kept === digest)
      ? []
      : violation(secret, "the secret key is not the one that is sealed");
  }
  // Before it is generated the key can only be told by where it comes from.
  const from = secret.dependencies.stringData ?? secret.dependencies.data ?? [];
  const sealedFrom = seal.dependencies.keepers ?? [];
  return sealedFrom.length > 0 && sealedFrom.every((urn) => from.includes(urn))
    ? []
    : violation(secret, "the secret key does not come from where the sealed one comes from");
}

const SECRET_NAME = /secret|passw|token|private|bootstrap/i;
/** Values that name a Secret, and do not hold one. */
const NAMES_ONE =
  /(?:^|\.)(?:existingSecret(?:Name|Key)?|secretName|secretKeyRef|secretRef|imagePullSecrets|automountServiceAccountToken)(?:\.|$)/;

/** What an annotation is called is not the program's choice; a secret in it is found by its value. */
const ANNOTATION = /(?:^|\.)\w*annotations\./i;

function secretsInValues(release: Resource): string[] {
  const values = textsIn(valueOf(release, "values"));
  // What a file holds is merged into the values, and seen by nobody here.
  const files = isGiven(valueOf(release, "valueYamlFiles")) ? ["valueYamlFiles"] : [];
  const named = values.filter(
    ({ place, text }) =>
      text !== "" && SECRET_NAME.test(place) && !NAMES_ONE.test(place) && !ANNOTATION.test(place),
  );
  // `env: [{ name: AUTHENTIK_SECRET_KEY, value: … }]` names the secret in one value and holds it in the next.
  const listed = values.filter(
    ({ place, text }) =>
      place.endsWith(".name") &&
      SECRET_NAME.test(text) &&
      values.some((other) => other.place === place.replace(/name$/, "value") && other.text !== ""),
  );
  return [...files, ...new Set([...named, ...listed].map(({ place }) => `values.${place}`))];
}

function subchartFaults(release: Resource): string[] {
  const faults: string[] = [];
  if (helmValue(release, "postgresql", "enabled") !== false)
    faults.push("postgresql.enabled is not false: a second, empty database comes up");
  for (const subchart of ["redis", "geoip"]) {
    if (helmValue(release, subchart, "enabled") === true) faults.push(`${subchart}.enabled is true`);
  }
  if (helmValue(release, "serviceAccount", "create") !== false)
    faults.push("serviceAccount.create is not false: the chart gives the server rights in the cluster");
  if (!isGiven(helmValue(release, "authentik", "existingSecret", "secretName"))) {
    faults.push(
      "authentik.existingSecret.secretName is not set: the chart makes a Secret of its own, and the next upgrade another",
    );
  }
  return faults;
}

const EXACT = /^v?\d+\.\d+\.\d+(?:[-+][\w.-]+)?$/;

/** Where Authentik publishes its chart. */
const REPOSITORY = "https://charts.goauthentik.io";

function chartFault(release: Resource): string | undefined {
  if (isGiven(valueOf(release, "postrender")))
    return "postrender is set: a command of whoever runs the update changes what is installed";
  const chart = textOf(release, "chart");
  const options = valueOf(release, "repositoryOpts");
  const repository = isRecord(options) ? options.repo : options;
  if (/^\.{0,2}\//.test(chart))
    return isGiven(repository)
      ? `chart ${shown(chart)} is local and comes from ${shown(repository)}; expected one of the two`
      : undefined;
  const version = textOf(release, "version");
  if (!EXACT.test(version))
    return `chart ${shown(chart)} has version ${shown(version)}; expected an exact one`;
  return chart === "authentik" && repository === REPOSITORY
    ? undefined
    : `chart ${shown(chart)} comes from ${shown(repository)}; expected authentik from ${REPOSITORY}`;
}

const DIGEST = /@sha256:[0-9a-f]{64}$/;
const TAG = /^v?\d+\.\d+(?:[.-][\w.-]+)?$/;
/** Authentik moves `2026.5` along with each release of it. */
const SERVER_TAG = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/;

const SERVER_IMAGE = "ghcr.io/goauthentik/server";

function isPinned(image: string): boolean {
  const [, tag = ""] = image.slice(image.lastIndexOf("/") + 1).split(":");
  return DIGEST.test(image) || (image.includes("goauthentik/") ? SERVER_TAG : TAG).test(tag);
}

function looseImages(resource: Resource): string[] {
  const tag = isServer(resource) ? SERVER_TAG : TAG;
  return textsIn(resource.inputs).flatMap(({ place, text }) => {
    // A chart takes `image: { repository, tag }`; a pod takes `image` as one text.
    if (/(?:^|\.)image\.tag$/.test(place))
      return text === "" || tag.test(text) || DIGEST.test(`@${text}`) ? [] : [`${place}: ${text}`];
    if (isServer(resource) && /(?:^|\.)image\.(?:registry|repository)$/.test(place))
      return text === "" || text === SERVER_IMAGE ? [] : [`${place}: ${text}`];
    if (/(?:^|\.)image$/.test(place)) return isPinned(text) ? [] : [`${place}: ${text}`];
    return [];
  });
}

interface Shape {
  readonly [key: string]: Shape | true;
}

const PROBES: Shape = {
  startupProbe: { periodSeconds: true, failureThreshold: true },
  livenessProbe: { periodSeconds: true, failureThreshold: true },
  readinessProbe: { periodSeconds: true, failureThreshold: true },
};
const PODS: Shape = {
  replicas: true,
  resources: { requests: { cpu: true, memory: true }, limits: { cpu: true, memory: true } },
  ...PROBES,
  pdb: { enabled: true, minAvailable: true },
};

/** Keys of the values that components/server/chart-values.ts makes, and what pins the image. */
const VALUES: Shape = {
  global: {
    podAnnotations: { "plana.solutions/settings-checksum": true },
    image: { repository: true, tag: true, digest: true },
  },
  authentik: { existingSecret: { secretName: true } },
  server: {
    ...PODS,
    // Annotations have a rule of their own.
    ingress: { enabled: true, ingressClassName: true, hosts: true, annotations: true, tls: true },
  },
  worker: { ...PODS, serviceAccountName: true },
  postgresql: { enabled: true },
  serviceAccount: { create: true },
};

/** Keys of values that a shape does not have. */
function unknownKeys(values: unknown, shape: Shape | true, place: string): string[] {
  if (shape === true || values === UNKNOWN || values === undefined) return [];
  if (!isRecord(values)) return [place];
  return Object.entries(values).flatMap(([key, inner]) => {
    const known = Object.hasOwn(shape, key) ? shape[key] : undefined;
    return known === undefined ? [`${place}.${key}`] : unknownKeys(inner, known, `${place}.${key}`);
  });
}

/** Annotations that change no more than a certificate, or how patient a controller is. */
const HARMLESS_ANNOTATIONS = [
  /^(?:acme\.)?cert-manager\.io\//,
  /^pulumi\.com\//,
  /^nginx\.ingress\.kubernetes\.io\/proxy-(?:buffer-size|buffers-number|body-size|(?:connect|read|send)-timeout)$/,
  /^traefik\.ingress\.kubernetes\.io\/router\.(?:tls|entrypoints)$/,
];

/** Annotations by which the routes of a proxied application ask the outpost. */
const ASKS_OUTPOST =
  /^(?:nginx\.ingress\.kubernetes\.io\/auth-(?:url|signin|response-headers|proxy-set-headers)|traefik\.ingress\.kubernetes\.io\/router\.middlewares)$/;

function strangeAnnotations(resource: Resource): string[] {
  const metadata = valueOf(resource, "metadata");
  const annotations =
    resource.type === KUBERNETES.release
      ? helmValue(resource, "server", "ingress", "annotations")
      : isRecord(metadata)
        ? metadata.annotations
        : undefined;
  const known =
    resource.type === KUBERNETES.ingress ? [...HARMLESS_ANNOTATIONS, ASKS_OUTPOST] : HARMLESS_ANNOTATIONS;
  return isRecord(annotations)
    ? Object.keys(annotations).filter((name) => !known.some((pattern) => pattern.test(name)))
    : [];
}

/** Rules about the server and what it starts from. */
export const serverRules: readonly Rule[] = [
  {
    name: "secret-key-sealed",
    level: "mandatory",
    reason:
      "Another secret key logs everyone out and breaks data. The protected seal keeps the digest of the first one, so the engine refuses another.",
    mend: "put the former key back; to change it on purpose, once: `pulumi state unprotect` with the seal's URN",
    stack: sealed,
  },
  {
    name: "helm-values-without-secrets",
    level: "mandatory",
    reason:
      "Helm keeps values in clear and resets what an upgrade leaves out; settings belong to the Secret that the program owns.",
    mend: "move the value to components/server/settings-secret.ts",
    type: KUBERNETES.release,
    resource: (release) => [
      ...secretsInValues(release).flatMap((place) =>
        violation(
          release,
          place === "valueYamlFiles"
            ? "values come from files, which no rule reads"
            : `${place} looks like a secret`,
        ),
      ),
      ...violation(
        release,
        isServer(release) && !release.additionalSecretOutputs.includes("values")
          ? "values are no secret output: a release that is adopted brings its old ones, secret key included"
          : undefined,
      ),
    ],
  },
  {
    name: "helm-subcharts-off",
    level: "mandatory",
    reason:
      "The database is outside the chart, the chart only reads a Secret by name, and the server needs no rights in the cluster.",
    mend: "postgresql.enabled and serviceAccount.create: false, and authentik.existingSecret.secretName, as in components/server/chart-values.ts",
    type: KUBERNETES.release,
    resource: (release) =>
      // Values that are not known yet are checked when they are, before the release is touched.
      isServer(release) && valueOf(release, "values") !== UNKNOWN
        ? subchartFaults(release).flatMap((fault) => violation(release, fault))
        : [],
  },
  {
    name: "helm-values-known",
    level: "mandatory",
    reason:
      "A value of the chart can do anything in the server's pods: a further container, a setting past the Secret.",
    mend: "leave it out; what components/server/chart-values.ts makes anew belongs in policy/rules/server.ts, too",
    type: KUBERNETES.release,
    resource: (release) =>
      isServer(release)
        ? unknownKeys(valueOf(release, "values"), VALUES, "values").flatMap((place) =>
            violation(release, `${place} is no value that the program makes`),
          )
        : [],
  },
  {
    name: "ingress-annotations-known",
    level: "mandatory",
    reason:
      "By an annotation an ingress controller runs a snippet, copies requests to elsewhere, or asks a stranger who somebody is.",
    mend: "leave it out; a harmless one belongs in policy/rules/server.ts",
    resource: (resource) =>
      resource.type === KUBERNETES.ingress || isServer(resource)
        ? strangeAnnotations(resource).flatMap((name) =>
            violation(resource, `${resource.name} has the annotation ${name}`),
          )
        : [],
  },
  {
    name: "chart-pinned",
    level: "mandatory",
    reason:
      "A chart without an exact version is another server with every update, and its migrations cannot be taken back; one from elsewhere is somebody else's.",
    mend: "authentik from https://charts.goauthentik.io, `version` one release; or set `chartPath` to a local chart (./…)",
    type: KUBERNETES.release,
    resource: (release) => violation(release, chartFault(release)),
  },
  {
    name: "images-pinned",
    level: "mandatory",
    reason: "An image by a moving tag, or of another repository, changes without a review.",
    mend: "name a version or a digest; the server's is ghcr.io/goauthentik/server",
    resource: (resource) =>
      resource.type.startsWith("kubernetes:")
        ? looseImages(resource).flatMap((image) => violation(resource, `${resource.name} runs ${image}`))
        : [],
  },
];
