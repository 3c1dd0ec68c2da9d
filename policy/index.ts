import { PolicyPack } from "@pulumi/policy";

import { policiesOf } from "./adapter";
import { RULES } from "./rules";
import { unpackOnce } from "./unpacking";

unpackOnce();
new PolicyPack("plana-sso", { policies: policiesOf(RULES) });
