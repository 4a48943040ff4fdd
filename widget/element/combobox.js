// @ts-check
import { element } from "./dom.js";

const DEBOUNCE = 150; // milliseconds
const LONGEST = 200; // characters: what the service completes

/**
 * Suggestions while typing: the list-autocomplete combobox of the ARIA Authoring Practices Guide. Nothing is selected
 * until an arrow key says so, so Enter sends what was typed. One request is in flight; a newer one replaces it.
 */
export class Combobox {
  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list where the options go, in the same tree as the input
   * @param {(typed: string, signal: AbortSignal) => Promise<string[]>} suggest
   * @param {(text: string) => void} choose
   */
  constructor(input, list, suggest, choose) {
    this.input = input;
    this.list = list;
    this.suggest = suggest;
    this.choose = choose;
    this.active = -1;
    this.timer = 0;
    this.request = new AbortController();
    for (const [name, value] of Object.entries({
      role: "combobox",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": list.id,
    }))
      input.setAttribute(name, value);
    list.setAttribute("role", "listbox");
    list.hidden = true;
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
  }

  /** Forgets what was being looked up, and shows nothing. */
  close() {
    clearTimeout(this.timer);
    this.request.abort();
    this.show([]);
  }

  later() {
    clearTimeout(this.timer);
    this.request.abort();
    this.request = new AbortController();
    const typed = this.input.value.trim();
    if (typed.length < 2 || typed.length > LONGEST) this.show([]);
    else this.timer = setTimeout(() => this.look(typed, this.request.signal), DEBOUNCE);
  }

  /** @param {string} typed @param {AbortSignal} signal */
  async look(typed, signal) {
    try {
      this.show(await this.suggest(typed, signal));
    } catch {
      if (!signal.aborted) this.show([]); // suggestions are a convenience: asking says what is wrong
    }
  }

  /** @param {string[]} texts */
  show(texts) {
    this.active = -1;
    const options = texts.map((text, index) => {
      const option = element("div", { role: "option", id: `${this.list.id}-${index}`, "aria-selected": "false", lang: "" }, text);
      option.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps its focus
      option.addEventListener("click", () => this.take(text));
      return option;
    });
    this.list.replaceChildren(...options);
    this.list.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const count = this.list.children.length;
    if (!count || event.isComposing) return;
    if (event.key === "ArrowDown") this.move((this.active + 2) % (count + 1) - 1);
    else if (event.key === "ArrowUp") this.move((this.active + count + 1) % (count + 1) - 1);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && this.active >= 0) this.take(this.list.children[this.active].textContent ?? "");
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape closes one layer at a time
  }

  /** @param {number} index -1 is the input itself */
  move(index) {
    this.active = index;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", this.list.children[index].id);
      this.list.children[index].scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {string} text */
  take(text) {
    this.close();
    this.choose(text);
  }
}
