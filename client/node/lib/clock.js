/** The two clocks, and the timers: monotonic for everything that lasts, wall time for incarnations and dates of files. */
import { performance } from 'node:perf_hooks';

const TIMER_MAX_MS = 2 ** 31 - 1; // a longer setTimeout fires at once

/** Times in milliseconds. Tests put their own in its place, and shift the wall. */
export class Clock {
  /** Added to the wall time. */
  shiftMs = 0;

  /** Monotonic. */
  now() {
    return performance.now();
  }

  /** Since 1970. */
  wall() {
    return Math.floor(Date.now() + this.shiftMs);
  }

  /**
   * Calls `run` once, later; returns what takes that back.
   * @param {number} ms
   * @param {() => void} run
   * @param {boolean} hold whether the program lives on until then: only while somebody awaits
   * @returns {() => void}
   */
  after(ms, run, hold = false) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), TIMER_MAX_MS));
    if (!hold) timer.unref();
    return () => clearTimeout(timer);
  }
}

/** The pause of a task, which `wake` ends early, also when it comes before. It does not keep the program alive. */
export class Pause {
  #clock;
  #woken = false;
  #end = null;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** @param {number} ms */
  async rest(ms) {
    if (!this.#woken) {
      await new Promise((resolve) => {
        const cancel = this.#clock.after(ms, resolve);
        this.#end = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#end = null;
    this.#woken = false;
  }

  wake() {
    this.#woken = true;
    this.#end?.();
  }
}

/** A promise that is resolved from outside, once. */
export class Latch {
  /** @type {() => void} */
  open;
  isOpen = false;
  /** @type {Promise<void>} */
  opened;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = () => {
        this.isOpen = true;
        resolve();
      };
    });
  }

  /**
   * Waits for it, for so long at most. The program stays alive meanwhile.
   * @param {Clock} clock
   * @param {number} ms
   */
  async within(clock, ms) {
    if (this.isOpen) return;
    await new Promise((resolve) => {
      const cancel = clock.after(ms, resolve, true);
      this.opened.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

/**
 * Uniformly random in [least, most).
 * @param {() => number} random as Math.random
 * @param {number} least
 * @param {number} most
 */
export function uniform(random, least, most) {
  return least + (most - least) * random();
}
