/** Longest part of a server's answer that is shown: it may be a page of HTML. */
const LONGEST = 300;

/** A server that does not answer, or refuses. */
export class ServerError extends Error {
  /**
   * @param status undefined when there was no proper answer.
   * @param answer what the server said; shortened here.
   */
  constructor(
    readonly server: "Authentik" | "cluster" | "Forgejo" | "Matrix" | "Loki",
    method: string,
    path: string,
    readonly status: number | undefined,
    answer: string,
  ) {
    const plain = answer
      .replace(/<style[\s\S]*?<\/style>|<script[\s\S]*?<\/script>|<[^>]*>/gi, " ")
      .replace(/\s+/g, " ")
      .trim();
    const said = plain.length > LONGEST ? `${plain.slice(0, LONGEST)} …` : plain;
    super(
      `${server}: ${method} ${path}: ${status ?? "no answer"}${said ? `: ${said}` : ""}${mend(server, status)}`,
    );
    this.name = "ServerError";
  }
}

/**
 * What a command says that failed. Where a server did not do its part, what is to be done is the same for every command:
 * each looks at what is there before it does anything.
 */
export function saidOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error;
  if (!(error instanceof ServerError) || message.includes("mend:") || isRefusal(error.status)) return message;
  return `${message}\n  mend: run this again once ${error.server} answers; it goes on where it stopped`;
}

/** Whether a server has understood, and says no. */
function isRefusal(status = 0): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

function mend(server: ServerError["server"], status: number | undefined): string {
  if (status !== 401 && status !== 403) return "";
  if (server === "Authentik")
    return "\n  mend: give the token of an administrator (AUTHENTIK_TOKEN, which `npm run ops` takes first, or `pulumi config set --secret authentik:token`, which all else takes first)";
  if (server === "cluster")
    return "\n  mend: give the kubeconfig of an account that may do this (KUBECONFIG, or `pulumi config set --secret kubernetes:kubeconfig`)";
  if (server === "Forgejo")
    return "\n  mend: give a token that may write issues of this repository (FORGEJO_TOKEN; docs/continuous-integration.md)";
  return "";
}
