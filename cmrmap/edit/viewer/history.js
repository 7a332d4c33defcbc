// What was changed, step by step: the changed slices after each step, to go back and forth in.

class Steps {
  constructor(first) {
    this.states = [first];
    this.at = 0;
    this.counted = 0; // the step whose numbers are shown
  }

  get state() {
    return this.states[this.at];
  }

  /** Go on from here; what was taken back is forgotten. */
  add(state) {
    this.states = [...this.states.slice(0, this.at + 1), state];
    this.at += 1;
  }

  back() {
    if (this.at > 0) this.at -= 1;
  }

  forth() {
    if (this.at < this.states.length - 1) this.at += 1;
  }

  /** The numbers of a step are there. */
  accept(at) {
    this.counted = at;
  }

  /** A step cannot be: return to the one whose numbers are shown. */
  refuse() {
    if (this.at > this.counted) this.states = this.states.slice(0, this.counted + 1);
    this.at = this.counted;
  }
}
