import { run } from "./stacks";

export = run;
