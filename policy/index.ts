import { PolicyPack } from "@pulumi/policy";

import { policiesOf } from "./adapter";
import { RULES } from "./rules";
import { ignoreRemediations, unpackOnce } from "./unpacking";

unpackOnce();
ignoreRemediations();
new PolicyPack("plana-sso", { policies: policiesOf(RULES) });
