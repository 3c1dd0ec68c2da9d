import { PolicyPack } from "@pulumi/policy";

import { policiesOf } from "./adapter";
import { RULES } from "./rules";
import { unpackOnce } from "./unpack-once";

unpackOnce();
new PolicyPack("plana-sso", { policies: policiesOf(RULES) });
