import { PolicyPack } from "@pulumi/policy";

import { policiesOf } from "./adapter";
import { RULES } from "./rules";

new PolicyPack("plana-sso", { policies: policiesOf(RULES) });
