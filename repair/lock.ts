import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds the lock of a stack. */
export interface LockOwner {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** When the lock was taken, as the engine writes it. */
  readonly since: string;
}

/** What the engine writes into a lock file. */
interface Lock {
  readonly username: string;
  readonly hostname: string;
  readonly pid: number;
  readonly timestamp: string;
}

/** The owners of the locks that the engine complains of; none where it complains of something else. */
export function lockOwners(said: string): LockOwner[] {
  if (!said.includes("the stack is currently locked by")) return [];
  return [...said.matchAll(/: created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g)].map(
    ([, user = "", host = "", pid = "", since = ""]) => ({ user, host, pid: Number(pid), since }),
  );
}

/** Whether Pulumi Cloud says that another run works on the stack. It names nobody. */
export function isConflict(said: string): boolean {
  return /another update is currently in progress/i.test(said);
}

/** What to do about a run of which Pulumi Cloud says that it works on the stack. */
export function conflictOf(stack: string): string {
  return (
    `Another run works on stack ${stack}, says Pulumi Cloud.\n` +
    `  mend: wait for it, then run this again; when that run has ended for certain: npm run pulumi -- cancel --stack ${stack}`
  );
}

/** The owner that a lock file names; undefined where it is cut off, or gone meanwhile. */
export function ownerIn(file: string): LockOwner | undefined {
  if (!file.endsWith(".json")) return undefined;
  try {
    const { username, hostname: host, pid, timestamp } = JSON.parse(readFileSync(file, "utf8")) as Lock;
    return { user: username, host, pid, since: timestamp };
  } catch {
    return undefined;
  }
}

/** How an owner is named, also to say that it is gone. */
export function nameOf({ user, host, pid }: LockOwner): string {
  return `${user}@${host}:${pid}`;
}

/**
 * Whether the owner of a lock is gone for certain: it ran on this machine, and no such process runs here any more.
 * Of another machine nothing can be known from here.
 */
export function isGone({ host, pid }: LockOwner, thisHost = hostname()): boolean {
  if (host !== thisHost) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  // The number may have been given to another program since.
  const command = `/proc/${pid}/cmdline`;
  return existsSync(command) && !readFileSync(command, "utf8").includes("pulumi");
}
