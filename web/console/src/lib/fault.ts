/** What the desk says of a body: which field of it, and what is wrong there. A form shows one at a time. */

export interface Fault {
  /** `definition.actions[0].note`; empty where no field of the form is named. */
  field: string;
  /** Without the field's name where it is shown beside the field. */
  text: string;
}

/** Of the element that says it; there is one at a time. */
export const FAULT_ID = 'fault';

/** Messages name the field first: `times.first_answer must be …`, `calendar.days.mon: …`. `fields` show themselves what is said of them. */
export function faultOf(message: string, fields: readonly string[]): Fault {
  const field = /^[a-z_]+(?:[.[][\w\].[-]*)?/.exec(message)?.[0].replace(/[.:]$/, '') ?? '';
  const fault = { field, text: message.slice(field.length).replace(/^:/, '').trim() };
  return fields.some((one) => isAt(fault, one)) ? fault : { field: '', text: message };
}

/** Whether it is about this field or a part of it. */
export function isAt(fault: Fault | null, field: string): boolean {
  return !!fault && (fault.field === field || ['.', '['].some((sign) => fault.field.startsWith(field + sign)));
}

/** What ties a field to what is said of it, for those who cannot see that it stands beside it. */
export function faulty(fault: Fault | null, field: string): { 'aria-invalid'?: true; 'aria-describedby'?: string } {
  return isAt(fault, field) ? { 'aria-invalid': true, 'aria-describedby': FAULT_ID } : {};
}
