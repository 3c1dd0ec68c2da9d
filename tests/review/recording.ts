import { isDeepStrictEqual } from "node:util";

import { sandboxWorkspace } from "../../state/workspace";
import type { Workspace } from "../../state/workspace";
import { reportOf, type Report } from "../../review/report";
import { fromEngine } from "../../review/sources";
import type { Properties, Resource, Step } from "../../state/resources";
import { Trial } from "../../sandbox/trial";

export const STACK = "trial";

/** Production's composition, brought up on a sandbox of its own, and the workspace that reviews it. */
export async function deployed(): Promise<{ trial: Trial; workspace: Workspace }> {
  const trial = await Trial.start();
  await trial.createStack(STACK);
  await trial.must(["up", "--yes", "--stack", STACK]);
  return { trial, workspace: sandboxWorkspace(trial.sandbox, trial.folder, STACK) };
}

/** The steps of a real preview that changes nothing, to be changed by a test. */
export class Recording {
  constructor(readonly steps: readonly Step[]) {}

  /** Records what the engine tells of a stack that has just been brought up. */
  static async make(): Promise<Recording> {
    const { trial, workspace } = await deployed();
    try {
      return new Recording((await fromEngine(workspace)).steps);
    } finally {
      await trial.stop();
    }
  }

  /** Previews other inputs of a resource; `undefined` takes one out. */
  update(
    type: string,
    name: string,
    inputs: Properties,
    from: Resource["propertyDependencies"] = {},
  ): Recording {
    return this.put(type, name, (step) => {
      const before = known(step.before);
      const now = Object.fromEntries(
        Object.entries({ ...before.inputs, ...inputs }).filter(([, value]) => value !== undefined),
      );
      const changed = Object.keys(inputs).filter(
        (key) => !isDeepStrictEqual(before.inputs[key], inputs[key]),
      );
      const after = known(step.after);
      return {
        ...step,
        op: "update",
        after: { ...after, inputs: now, propertyDependencies: { ...after.propertyDependencies, ...from } },
        differences: Object.fromEntries(changed.map((key) => [key, "update"])),
      };
    });
  }

  /** Other inputs both as deployed and as previewed. */
  standing(type: string, name: string, inputs: Properties): Recording {
    const put = (resource: Resource | undefined): Resource => {
      const all = known(resource);
      return { ...all, inputs: { ...all.inputs, ...inputs }, outputs: { ...all.outputs, ...inputs } };
    };
    return this.put(type, name, (step) => ({ ...step, before: put(step.before), after: put(step.after) }));
  }

  /** As if a resource had never been there. */
  without(type: string, name: string): Recording {
    const { urn } = this.step(type, name);
    return new Recording(this.steps.filter((step) => step.urn !== urn));
  }

  /** Previews the deletion of a resource. */
  remove(type: string, name: string): Recording {
    return this.put(type, name, (step) => ({ ...step, op: "delete", after: undefined }));
  }

  /** Previews that a resource is deleted and made anew. */
  replace(type: string, name: string): Recording {
    return this.put(type, name, (step) => ({
      ...step,
      op: "replace",
      after: { ...known(step.after), id: undefined },
    }));
  }

  /** Previews a resource without its protection. */
  unprotect(type: string, name: string): Recording {
    return this.put(type, name, (step) => ({ ...step, after: { ...known(step.after), protect: false } }));
  }

  /** Previews a resource that no longer stays on the server when the program gives it up. */
  given(type: string, name: string): Recording {
    return this.put(type, name, (step) => ({
      ...step,
      after: { ...known(step.after), retainOnDelete: false },
    }));
  }

  /** Previews a new resource, made after the pattern of one that is there. */
  add(
    type: string,
    like: string,
    name: string,
    inputs: Properties,
    from: Resource["propertyDependencies"] = {},
  ): Recording {
    const pattern = known(this.step(type, like).after);
    const urn = this.urn(type, like).replace(/[^:]*$/, name);
    const after: Resource = {
      ...pattern,
      urn,
      name,
      id: undefined,
      inputs: { ...pattern.inputs, ...inputs },
      outputs: {},
      propertyDependencies: { ...pattern.propertyDependencies, ...from },
    };
    return new Recording([...this.steps, { op: "create", urn, after, differences: {} }]);
  }

  urn(type: string, name: string): string {
    return this.step(type, name).urn;
  }

  /** As deployed. */
  resource(type: string, name: string): Resource {
    return known(this.step(type, name).before);
  }

  report(): Report {
    return reportOf({ stack: STACK, steps: this.steps });
  }

  private step(type: string, name: string): Step {
    const step = this.steps.find((one) => one.op !== "refresh" && one.urn.endsWith(`:${type}::${name}`));
    if (!step) throw new Error(`no ${type} ${name} in the recording`);
    return step;
  }

  private put(type: string, name: string, change: (step: Step) => Step): Recording {
    const chosen = this.step(type, name);
    return new Recording(this.steps.map((step) => (step === chosen ? change(step) : step)));
  }
}

function known(resource: Resource | undefined): Resource {
  if (!resource) throw new Error("not there");
  return resource;
}
