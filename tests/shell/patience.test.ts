import { whileWaiting } from "../../shell/patience";

afterEach(() => jest.useRealTimers());

test("what takes long says so, then also how it is stopped, and nothing more once it has ended", async () => {
  jest.useFakeTimers();
  const said: string[] = [];
  let end: (answer: string) => void = () => undefined;
  const act = () => new Promise<string>((resolve) => (end = resolve));
  const waiting = whileWaiting("a preview", act, (text) => said.push(text));
  await jest.advanceTimersByTimeAsync(60_000);
  expect(said).toEqual([
    "  … a preview: not yet, after 15 s",
    "  … a preview: not yet, after 30 s",
    "  … a preview: not yet, after 45 s",
    "  … a preview: not yet, after 60 s; Ctrl-C twice stops it, and the same command goes on",
  ]);
  end("done");
  expect(await waiting).toBe("done");
  await jest.advanceTimersByTimeAsync(60_000);
  expect(said).toHaveLength(4);
});

test("a failure is passed on, and ends it, too", async () => {
  jest.useFakeTimers();
  const said: string[] = [];
  const failing = whileWaiting(
    "x",
    () => Promise.reject(new Error("no")),
    (text) => said.push(text),
  );
  await expect(failing).rejects.toThrow("no");
  await jest.advanceTimersByTimeAsync(60_000);
  expect(said).toEqual([]);
});
