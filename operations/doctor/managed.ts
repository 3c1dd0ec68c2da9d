import { differingFields } from "../../adoption/differences";
import { kindOf } from "../../identity/kinds";
import { applyAgain, type Check, type Finding } from "./examination";

/** Types that decide whether somebody gets in. */
const DOOR_TYPES =
  /:(Stage\w+|Flow|FlowStageBinding|Policy\w+|SourceOauth|Brand|ProviderOauth2|ProviderProxy|Application|Outpost|Group|User|RbacRole|SystemSettings)$/;

/** Every object of the program is on the server, and is there what the program says. */
export const managed: Check = {
  name: "settings on the server as in the program",
  async run(examination) {
    const found: Finding[] = [];
    for (const resource of examination.resources) {
      if (!resource.custom || !kindOf(resource.type)) continue;
      const object = await examination.objects.of(resource);
      const subject = `${resource.type.slice(resource.type.lastIndexOf(":") + 1)} ${resource.name}`;
      const mend = applyAgain(examination);
      if (!object) {
        const meaning = "is in the program and not on the server: what it guards is open or shut";
        found.push({ severity: "error", subject, meaning, mend });
        continue;
      }
      const differing = differingFields(resource, object).filter(
        ({ field }) => !resource.ignoreChanges?.includes(field),
      );
      if (differing.length === 0) continue;
      const fields = differing.map(
        ({ field, live, program }) =>
          `${field} is ${live === undefined ? "unset" : JSON.stringify(live)}, not ${JSON.stringify(program)}`,
      );
      found.push({
        severity: DOOR_TYPES.test(resource.type) ? "error" : "warning",
        subject,
        meaning: `was changed on the server: ${fields.join("; ")}`,
        mend,
      });
    }
    return found;
  },
};
