import { Option, type Command } from "commander";

import { examples, type AddVerb } from "../verb";
import { clientNamed } from "./client";
import { manifestFile, manifestOf, needSops } from "./manifest";
import { reissue } from "./reissue";

interface FormOptions {
  readonly sops?: true;
  readonly plain?: true;
}

const formOf = ({ sops, plain }: FormOptions) => (sops ? "sops" : plain ? "plain" : undefined);

function withForm(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--sops",
        "give out the Secret's manifest for infra/k8s/<app>/, encrypted by sops",
      ).conflicts("plain"),
    )
    .addOption(
      new Option("--plain", "give out that manifest in clear: only into a pipe that encrypts it").conflicts(
        "sops",
      ),
    );
}

/** `secret reissue` and `secret manifest`. */
export const secret: AddVerb = (program, run) => {
  const noun = program.command("secret").description("client secrets of the applications: reissue, manifest");
  withForm(
    noun
      .command("reissue")
      .description("new client secret for one application: raised, applied, delivered, restarted, proven")
      .argument("<app>", "slug of the application")
      .option("--leave-pods", "do not restart the consumer: an annotation does (Reloader)"),
  )
    .addHelpText(
      "after",
      examples("--stack prod --dry-run secret reissue forgejo", "--stack prod secret reissue forgejo"),
    )
    .action((app: string, { leavePods = false, ...form }: FormOptions & { readonly leavePods?: boolean }) =>
      run((context) => reissue(context, app, { leavePods, manifest: formOf(form) })),
    );
  withForm(
    noun
      .command("manifest")
      .description("the manifest of an application's Secret, for infra/k8s/<app>/; encrypted unless --plain")
      .argument("<app>", "slug of the application"),
  )
    .addHelpText(
      "after",
      "\nExample:\n  npm run -s ops -- --stack prod secret manifest forgejo > infra/k8s/forgejo/forgejo-oidc.sops.yaml",
    )
    .action((app: string, options: FormOptions) =>
      run(async (context) => {
        const form = formOf(options) ?? "sops";
        if (form === "sops") needSops(context.workspace.env);
        const client = await clientNamed(context, app);
        const file = manifestFile(client);
        const data = { application: client.slug, file, dryRun: context.dryRun };
        if (context.dryRun)
          return { code: 0, text: `Nothing was given out. The manifest would be ${file}.`, data };
        const manifest = await manifestOf(context, client, form);
        return { code: 0, text: manifest.trimEnd(), data: { ...data, manifest } };
      }),
    );
};
