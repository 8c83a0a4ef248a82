export interface Area {
  code: string;
  parent: string;
  level: 'province' | 'district' | 'commune';
  kind: string;
  name: string;
}

const collator = new Intl.Collator('vi');

/** The names of one division's areas. */
export class Places {
  readonly #byCode: ReadonlyMap<string, Area>;
  /** What it was made from. */
  readonly areas: readonly Area[];

  constructor(areas: readonly Area[]) {
    this.areas = areas;
    this.#byCode = new Map(areas.map((area) => [area.code, area]));
  }

  get(code: string): Area | undefined {
    return this.#byCode.get(code);
  }

  /** "xã Quảng Sơn"; the code itself when the area is unknown. */
  named(code: string): string {
    const area = this.#byCode.get(code);
    return area === undefined ? code : withKind(area);
  }

  /** "xã Quảng Sơn, huyện Đắk Glong": the last two areas of a path, root left out. */
  full(path: readonly string[]): string {
    const below = path.length > 1 ? path.slice(1) : path;
    return below
      .slice(-2)
      .reverse()
      .map((code) => this.named(code))
      .join(', ');
  }

  /** "xã Quảng Sơn, Đắk Glong": the same without the kind of the larger one, for narrow places. */
  short(path: readonly string[]): string {
    const [parent, leaf] = path.slice(1).slice(-2);
    if (parent === undefined || leaf === undefined) return this.full(path);
    return `${this.named(leaf)}, ${this.get(parent)?.name ?? parent}`;
  }

  /** The codes from the root down to an area; empty when it is unknown. */
  path(code: string): string[] {
    const codes: string[] = [];
    for (let area = this.#byCode.get(code); area !== undefined; area = this.#byCode.get(area.parent)) {
      if (codes.includes(area.code)) return []; // a ring of parents is no path
      codes.unshift(area.code);
    }
    return codes;
  }

  /** The areas right below one, in Vietnamese order. */
  children(code: string): Area[] {
    return [...this.#byCode.values()]
      .filter((area) => area.parent === code)
      .sort((a, b) => collator.compare(a.name, b.name));
  }

  /** The areas at and below one, in Vietnamese order within each parent. */
  below(code: string): Area[] {
    return this.children(code).flatMap((area) => [area, ...this.below(area.code)]);
  }
}

function withKind(area: Area): string {
  return area.kind === '' ? area.name : `${area.kind.toLocaleLowerCase('vi')} ${area.name}`;
}
