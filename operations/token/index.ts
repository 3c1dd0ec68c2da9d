import { Option } from "commander";

import { examples, type AddVerb } from "../verb";
import { TOKENS, type TokenName } from "./kinds";
import { rotate } from "./rotate";

/** `token rotate`. */
export const token: AddVerb = (program, run) => {
  const noun = program.command("token").description("the program's own tokens: rotate");
  noun
    .command("rotate")
    .description(
      "give a token a new key; the old one is revoked when the new one is stored, applied and proven",
    )
    .addOption(
      new Option("--which <token>", "bootstrap: of the server's settings; automation: the program's own")
        .choices(Object.keys(TOKENS))
        .default("bootstrap"),
    )
    .addHelpText(
      "after",
      examples("--stack prod --dry-run token rotate", "--stack prod token rotate --which automation"),
    )
    .action(({ which }: { readonly which: TokenName }) => run((context) => rotate(context, which)));
};
