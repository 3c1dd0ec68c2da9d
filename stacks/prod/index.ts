import type { Organisation } from "../organisation";
import { applications } from "./applications";
import { groups, roles } from "./groups";
import { people } from "./people";

/** What PLANA runs. */
export const prod: Organisation = {
  staffDomain: "plana.solutions",
  groups,
  roles,
  staffGroup: "plana-staff",
  adminGroup: "plana-admins",
  people,
  applications,
};
