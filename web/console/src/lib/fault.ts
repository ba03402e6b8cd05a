/** What the desk says of a body: which field of it, and what is wrong there. */

export interface Fault {
  /** `definition.actions[0].note`; empty where no field is named. */
  field: string;
  /** Without the field's name: it is shown beside the field. */
  text: string;
}

/** Messages name the field first: `times.first_answer must be …`, `calendar.days.mon: …`. */
export function faultOf(message: string, fields: readonly string[]): Fault {
  const field = /^[a-z_]+(?:[.[][\w\].[-]*)?/.exec(message)?.[0].replace(/[.:]$/, '') ?? '';
  const root = /^[a-z_]+/.exec(field)?.[0] ?? '';
  if (!fields.includes(root)) return { field: '', text: message };
  return { field, text: message.slice(field.length).replace(/^:/, '').trim() };
}

/** Whether it is about this field or a part of it. */
export function isAt(fault: Fault | null, field: string): boolean {
  return !!fault && (fault.field === field || ['.', '['].some((sign) => fault.field.startsWith(field + sign)));
}

/** What is said where the field is not beside it. */
export function whole({ field, text }: Fault): string {
  return field ? `${field}: ${text}` : text;
}
