/** What a page asks of the desk's server: why the last one failed. After each that did not, the page's lists are read again. */
export class Attempts {
  problem = $state('');
  readonly #reload: () => Promise<unknown>;

  constructor(reload: () => Promise<unknown>) {
    this.#reload = reload;
  }

  /** Without anything to do, only reads. */
  run = async (what?: () => Promise<unknown>): Promise<void> => {
    try {
      await what?.();
      this.problem = '';
      await this.#reload();
    } catch (error) {
      this.problem = (error as Error).message;
    }
  };
}
