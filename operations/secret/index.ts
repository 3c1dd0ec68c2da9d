import type { AddVerb } from "../verb";
import { clientNamed } from "./client";
import { manifestOf, needSops } from "./manifest";
import { reissue } from "./reissue";

interface FormOptions {
  readonly sops?: true;
  readonly plain?: true;
}

const SOPS = ["--sops", "give out the Secret's manifest for infra/k8s/<app>/, encrypted by sops"] as const;
const PLAIN = ["--plain", "give out that manifest in clear: only into a pipe that encrypts it"] as const;
const formOf = ({ sops, plain }: FormOptions) => (sops ? "sops" : plain ? "plain" : undefined);

/** `secret reissue` and `secret manifest`. */
export const secret: AddVerb = (program, run) => {
  const noun = program.command("secret").description("client secrets of the applications");
  noun
    .command("reissue")
    .description("new client secret for one application: raised, applied, delivered, restarted, proven")
    .argument("<app>", "slug of the application")
    .option("--leave-pods", "do not restart the consumer: an annotation does (Reloader)", false)
    .option(...SOPS)
    .option(...PLAIN)
    .action((app: string, { leavePods, ...form }: FormOptions & { readonly leavePods: boolean }) =>
      run((context) => reissue(context, app, { leavePods, manifest: formOf(form) })),
    );
  noun
    .command("manifest")
    .description("the manifest of an application's Secret, for infra/k8s/<app>/")
    .argument("<app>", "slug of the application")
    .option(...SOPS)
    .option(...PLAIN)
    .action((app: string, options: FormOptions) =>
      run(async (context) => {
        const form = formOf(options) ?? "sops";
        if (form === "sops") needSops(context.workspace.env);
        const { slug, place } = await clientNamed(context, app);
        const file = `infra/k8s/${slug}/${place.name}.sops.yaml`;
        const { cluster } = await context.live();
        const text = await manifestOf(cluster, place, form, file, context.workspace.env);
        return { code: 0, text: text.trimEnd(), data: { application: slug, file, manifest: text } };
      }),
    );
};
