import * as authentik from "@pulumi/authentik";
import * as pulumi from "@pulumi/pulumi";

import { sortedJson } from "../naming";
import type { Groups } from "./groups";
import type { Person } from "./model";

export interface PeopleArgs {
  readonly groups: Groups;
}

/**
 * The people of the roster. No password is set: a person gets a one-time reset link, which leads through TOTP
 * enrolment (see `Recovery`). Attributes are a person's own, unless the roster gives some: the server keeps in them
 * what a person chooses in their settings (`settings.locale`), and an update that writes `{}` would wipe it.
 */
export class People extends pulumi.ComponentResource {
  private readonly groups: Groups;

  constructor(name: string, args: PeopleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("plana:sso:People", name, {}, opts);
    this.groups = args.groups;
    this.registerOutputs({});
  }

  /** Registers one person more. */
  add(person: Person): authentik.User {
    return new authentik.User(
      person.username,
      {
        username: person.username,
        name: person.name,
        email: person.email,
        isActive: person.active,
        groups: person.active ? person.groups.map((group) => this.groups.id(group)) : [],
        type: "internal",
        path: "users",
        // What is not on the roster is what a new account begins with, and nothing more.
        attributes: sortedJson(person.attributes ?? {}),
      },
      { parent: this, protect: true, ignoreChanges: person.attributes ? [] : ["attributes"] },
    );
  }
}
