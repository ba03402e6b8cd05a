/** The sound of an offer, made on the spot: nothing to load. Browsers allow it after the reader has touched the page. */

const STORED = 'deskbell.sound';
const EVERY_MS = 2_500;

class Ring {
  on = $state(localStorage.getItem(STORED) !== 'off');
  #audio: AudioContext | null = null;
  #timer = 0;

  constructor() {
    const unlock = (): void => {
      this.#audio ??= new AudioContext();
      void this.#audio.resume();
    };
    addEventListener('pointerdown', unlock, { once: true });
    addEventListener('keydown', unlock, { once: true });
  }

  toggle(): void {
    this.on = !this.on;
    localStorage.setItem(STORED, this.on ? 'on' : 'off');
  }

  start(): void {
    if (this.#timer) return;
    this.#chime([660, 880]);
    this.#timer = window.setInterval(() => this.#chime([660, 880]), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  /** A new message in a chat of mine that I do not look at. */
  tick(): void {
    this.#chime([520]);
  }

  #chime(tones: number[]): void {
    const audio = this.#audio;
    if (!this.on || !audio || audio.state !== 'running') return;
    tones.forEach((frequency, i) => {
      const start = audio.currentTime + i * 0.16;
      const tone = audio.createOscillator();
      const loud = audio.createGain();
      tone.frequency.value = frequency;
      loud.gain.setValueAtTime(0.0001, start);
      loud.gain.exponentialRampToValueAtTime(0.12, start + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
      tone.connect(loud).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.32);
    });
  }
}

export const ring = new Ring();
