/** A group of staff and what it opens. */
export interface StaffGroup {
  readonly name: string;
  /** What membership grants, in a sentence for reviewers. */
  readonly grants: string;
  /** Authentik administration. */
  readonly superuser?: boolean;
  /** What Authentik keeps beside, as JSON. */
  readonly attributes?: Attributes;
  /** Names of the groups whose members everybody in this group is, too. */
  readonly parents?: readonly string[];
}

/** A person on the roster. The username is the identity. */
export interface Person {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  /** Names of the groups the person is in; none for a person who is leaving. */
  readonly groups: readonly string[];
  /** False for a person who is leaving: disabled, never deleted, so that the audit trail keeps its subject. */
  readonly active: boolean;
  /** What Authentik keeps beside; absent: the person's own, such as the language they chose. */
  readonly attributes?: Attributes;
}

/** Attributes of a person or a group, as JSON. */
export type Attributes = Readonly<Record<string, unknown>>;
