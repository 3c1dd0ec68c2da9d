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

function secretsInValues(release: Resource): string[] {
  const values = textsIn(valueOf(release, "values"));
  // What a file holds is merged into the values, and seen by nobody here.
  const files = isGiven(valueOf(release, "valueYamlFiles")) ? ["valueYamlFiles"] : [];
  const named = values.filter(
    ({ place, text }) => text !== "" && SECRET_NAME.test(place) && !NAMES_ONE.test(place),
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
  if (!isGiven(helmValue(release, "authentik", "existingSecret", "secretName"))) {
    faults.push(
      "authentik.existingSecret.secretName is not set: the chart makes a Secret of its own, and the next upgrade another",
    );
  }
  return faults;
}

const EXACT = /^v?\d+\.\d+\.\d+(?:[-+][\w.-]+)?$/;

function chartFault(release: Resource): string | undefined {
  const chart = textOf(release, "chart");
  const local = chart.includes("/") && !/^(?:oci|https?):/.test(chart);
  if (local) return undefined;
  const version = textOf(release, "version");
  if (!EXACT.test(version))
    return `chart ${shown(chart)} has version ${shown(version)}; expected an exact one`;
  const options = valueOf(release, "repositoryOpts");
  const repository = isRecord(options) ? options.repo : undefined;
  if (chart.startsWith("oci://") || (typeof repository === "string" && repository.startsWith("https://")))
    return undefined;
  return `chart ${shown(chart)} comes from ${shown(repository)}; expected a repository over https`;
}

const DIGEST = /@sha256:[0-9a-f]{64}$/;
const TAG = /^v?\d+\.\d+(?:[.-][\w.-]+)?$/;
/** Authentik moves `2026.5` along with each release of it. */
const SERVER_TAG = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/;

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
    if (/(?:^|\.)image$/.test(place)) return isPinned(text) ? [] : [`${place}: ${text}`];
    return [];
  });
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
    reason: "The database is outside the chart, and the chart only reads a Secret by name.",
    mend: "postgresql.enabled: false and authentik.existingSecret.secretName, as in components/server/chart-values.ts",
    type: KUBERNETES.release,
    resource: (release) =>
      // Values that are not known yet are checked when they are, before the release is touched.
      isServer(release) && valueOf(release, "values") !== UNKNOWN
        ? subchartFaults(release).flatMap((fault) => violation(release, fault))
        : [],
  },
  {
    name: "chart-pinned",
    level: "mandatory",
    reason:
      "A chart without an exact version is another server with every update, and its migrations cannot be taken back.",
    mend: "set `version` to one release, or `chartPath` to a local chart (./…)",
    type: KUBERNETES.release,
    resource: (release) => violation(release, chartFault(release)),
  },
  {
    name: "images-pinned",
    level: "mandatory",
    reason: "An image by a moving tag changes without a review.",
    mend: "name a version or a digest",
    resource: (resource) =>
      resource.type.startsWith("kubernetes:")
        ? looseImages(resource).flatMap((image) => violation(resource, `${resource.name} runs ${image}`))
        : [],
  },
];
