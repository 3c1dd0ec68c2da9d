import { oneChanged, organisation, parseSize, PLANA, SIZES, sizeName } from "../../benchmark/organisation";
import { ROWS } from "../../benchmark/rows";
import { figures, ratio, table } from "../../benchmark/table";
import { prod } from "../../stacks/prod";

describe("figures", () => {
  test("are minimum, median and maximum of what was counted, in no order; of two, the median is the lower", () => {
    const samples = [{ wall: 30, requests: 5 }, { wall: 10 }, { wall: 20 }];
    expect(figures(samples)).toEqual({
      wall: { min: 10, median: 20, max: 30 },
      requests: { min: 5, median: 5, max: 5 },
    });
    expect(figures([{ wall: 2 }, { wall: 1 }]).wall).toEqual({ min: 1, median: 1, max: 2 });
    expect(figures([])).toEqual({});
  });

  test("stand beside the floor as a ratio of the medians, where there is one of both that is not zero", () => {
    const program = figures([{ wall: 110, requests: 0, memory: 50, cpu: 9 }]);
    const floor = figures([{ wall: 100, requests: 0, memory: 100 }]);
    expect(ratio(program, floor)).toEqual({ wall: 1.1, memory: 0.5 });
  });

  test("are told in seconds and megabytes", () => {
    const program = figures([{ wall: 1_260, cpu: 2_500, memory: 64_000_000, requests: 7, lookUps: 15 }]);
    const result = { size: "6x9", resources: 161, row: "up from empty", program };
    const line = table([{ ...result, floor: figures([{ wall: 1_000 }]), ratio: { wall: 1.26 } }]).split(
      "\n",
    )[2];
    expect(line?.split("|").map((cell) => cell.trim())).toEqual(
      ["", "6 × 9", "161", "up from empty", "1.3 / 1.3 / 1.3", "1.0 / 1.0 / 1.0", "1.26"].concat([
        "2.5",
        "",
        "",
        "64",
        "",
        "7",
        "",
        "15",
        "",
      ]),
    );
  });
});

describe("an organisation", () => {
  test("of PLANA's size is PLANA's", () => {
    expect(organisation(PLANA)).toBe(prod);
    expect(sizeName(PLANA)).toBe("6x9");
  });

  test.each(SIZES)("of $people × $applications has so many of each, all of them different", (size) => {
    const { people, applications, groups } = organisation(size);
    expect([people.length, applications.length]).toEqual([size.people, size.applications]);
    expect(new Set(people.map(({ first, last }) => `${first} ${last}`)).size).toBe(size.people);
    expect(new Set(applications.map(({ slug }) => slug)).size).toBe(size.applications);
    const known = new Set(groups.map(({ name }) => name));
    const used = [
      ...people.flatMap((one) => one.groups ?? []),
      ...applications.flatMap(({ access }) => access),
    ];
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  test("changes in one person", () => {
    const before = organisation({ people: 20, applications: 10 });
    const after = oneChanged(before);
    expect(after.people.filter((one, at) => one !== before.people[at])).toEqual([
      { ...before.people[0], leaving: true },
    ]);
    expect({ ...after, people: [] }).toEqual({ ...before, people: [] });
  });

  test.each(["", "6", "0x9", "6x0", "6x9x1", "-6x9", "6.5x9", "sixxnine", "100000x1"])(
    "of %j is refused",
    (text) => {
      expect(() => parseSize(text)).toThrow("expected <people>x<applications>, e.g. 100x30");
    },
  );

  test.each(["100x30", "100×30"])("of %j is understood", (text) => {
    expect(parseSize(text)).toEqual({ people: 100, applications: 30 });
  });
});

test("a row stands beside the floor or beside another row, which is there and comes first", () => {
  const names = ROWS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const beside = ROWS.flatMap(({ name, floor }) =>
    typeof floor === "object" ? [[floor.row, name] as const] : [],
  );
  expect(beside.length).toBeGreaterThan(0);
  for (const [floor, name] of beside) {
    expect(names.slice(0, names.indexOf(name))).toContain(floor);
  }
});
