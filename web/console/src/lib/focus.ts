/** Whoever opened a form writes into its first field. */
export function focused(field: HTMLElement): void {
  field.focus();
}
