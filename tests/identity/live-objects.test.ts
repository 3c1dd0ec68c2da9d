import { LiveObjects } from "../../identity/live-objects";

const asked: string[] = [];
const answered = <T>(path: string, answer: T): Promise<T> => {
  asked.push(path);
  return Promise.resolve(answer);
};
const live = new LiveObjects({
  list: (path) => answered(path, [{ pk: 7, slug: "seven" }, { pk: 8 }]),
  get: (path) => answered(path, { flags: {} }),
});

test.each([
  ["authentik:index/user:User", "7", { pk: 7, slug: "seven" }],
  ["authentik:index/user:User", "9", undefined],
  ["authentik:index/user:User", undefined, undefined],
  ["authentik:index/application:Application", "seven", { pk: 7, slug: "seven" }],
  ["authentik:index/systemSettings:SystemSettings", "system_settings", { flags: {} }],
  ["kubernetes:core/v1:Secret", "authentik/settings", undefined],
])("of %s %s the live object is %j", async (type, id, object) => {
  expect(await live.of({ type, id })).toEqual(object);
});

test("a list is read once, however many of its objects are looked for", () => {
  expect(asked).toEqual(["/core/users/", "/core/applications/", "/admin/settings/"]);
});
