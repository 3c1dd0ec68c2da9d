import type { RosterEntry } from "../organisation";

/**
 * Who works at PLANA. Add a person by adding a line; mark one who goes with `leaving: true` and keep the line, so
 * that the account stays disabled and the audit trail keeps its subject.
 *
 * Roles are assumed: who is CTO, CEO, senior developer or accountant is not in the source. Correct them here.
 */
export const people: readonly RosterEntry[] = [
  { first: "Chudomir", last: "Monevski", roles: ["cto"], existingId: 6 },
  { first: "Boyan", last: "Rabchev", roles: ["senior-developer", "tenant-support"] },
  { first: "Julian", last: "Lubenov", roles: ["senior-developer"] },
  { first: "Martin", last: "Kotrulev", roles: ["ceo"] },
  { first: "Ramona", last: "Gospodinova", roles: ["accountant"] },
  { first: "Elena", last: "Encheva-Blagoeva", existingId: 24 },
];
