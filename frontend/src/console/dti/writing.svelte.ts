// A value on its way in: what is typed, what is wrong with it, and what was typed of its evidence before.
import { enterDTI, type DTIEntry, type Evidence } from '../../api/dti';
import { Problem, type FieldFault } from '../../api/request';
import { m } from '../../i18n/messages/messages.js';
import { faultWord } from '../account/faults';
import { isIndex, numberOf, numberWord } from './words';

/** Which value is meant. */
export interface Place {
  scheme: string;
  year: number;
  code: string;
}

export interface Typed extends Evidence {
  name: string;
  value: string;
  most: string;
}

const noEvidence: Evidence = { title: '', issuer: '', number: '', reference: '', dated: '' };

export class Writing {
  readonly place: Place;
  typed: Typed;
  busy = $state(false);
  fault = $state('');
  faults = $state.raw<readonly FieldFault[]>([]);

  /** Begins with what is in force; a new value with the evidence of the one entered before, for many stand in one document. */
  constructor(place: Place, was: DTIEntry | null, before: Evidence | null) {
    this.place = place;
    const { title, issuer, number, reference, dated } = (was?.value == null ? before : was) ?? noEvidence;
    const typed = {
      name: was?.name ?? '',
      value: was?.value == null ? '' : numberWord(was.value),
      most: was?.most == null || isIndex(place.code) ? '' : numberWord(was.most),
      ...{ title, issuer, number, reference, dated },
    };
    this.typed = $state(typed);
  }

  get evidence(): Evidence {
    const { title, issuer, number, reference, dated } = this.typed;
    return { title, issuer, number, reference, dated };
  }

  /** Sends it in the place of an entry (0: there is none). "done", or "other" when another was entered meanwhile. */
  async send(replaces: number): Promise<'done' | 'other' | 'refused'> {
    if (this.busy) return 'refused';
    this.fault = '';
    this.faults = this.#missing();
    if (this.faults.length > 0) return 'refused';
    this.busy = true;
    try {
      await enterDTI(this.#body(replaces));
      return 'done';
    } catch (err) {
      const placed = err instanceof Problem ? err.fields.filter(({ field }) => field in this.typed) : [];
      this.faults = placed;
      this.fault = placed.length > 0 ? '' : faultWord(err);
      return err instanceof Problem && err.status === 409 ? 'other' : 'refused';
    } finally {
      this.busy = false;
    }
  }

  faultAt(field: keyof Typed): string {
    return this.faults.find((fault) => fault.field === field)?.detail ?? '';
  }

  #missing(): FieldFault[] {
    const fields: (keyof Typed)[] = isIndex(this.place.code) ? ['value'] : ['value', 'most'];
    return fields
      .filter((field) => Number.isNaN(numberOf(this.typed[field])))
      .map((field) => ({ field, reason: 'format', detail: m.dti_number_wrong() }));
  }

  #body(replaces: number): Record<string, string | number> {
    const { name, value, most, ...evidence } = this.typed;
    const clean = (text: string): string => text.trim().normalize('NFC');
    return {
      ...this.place,
      value: numberOf(value),
      ...(isIndex(this.place.code) ? {} : { most: numberOf(most), name: clean(name) }),
      ...Object.fromEntries(Object.entries(evidence).map(([field, text]) => [field, clean(text)])),
      ...(replaces === 0 ? {} : { replaces }),
    };
  }
}
