// @ts-check
/** @import { GetToken, Citation } from "./client.js" */
import { Client } from "./client.js";
import { Combobox } from "./combobox.js";
import { Conversation } from "./conversation.js";
import { button, element } from "./dom.js";
import { wordsIn } from "./strings.js";
import { style } from "./style.js";

const PHONE = "(max-width: 30rem)"; // a panel there is a sheet over the page, and modal

/**
 * `<signpost-chat endpoint mode="launcher|inline" lang starters page medinfo-href safety-href>`
 *
 * Set the property `getToken` to a function that gives the portal's token before anything is asked. Events bubble out of
 * the shadow root and never carry what was asked: `signpost-ready`, `-open`, `-close`, `-ask` (cancelable), `-answer`,
 * `-source-open` (cancelable), `-feedback`, `-error`.
 */
export class SignpostChat extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style()];
    // A page may have set it before this script was there.
    const early = Object.getOwnPropertyDescriptor(this, "getToken")?.value;
    /** @type {GetToken} */
    this.getToken = early ?? (() => Promise.reject(new Error("signpost-chat: set its property getToken")));
    this.built = false;
    this.words = wordsIn("");
  }

  connectedCallback() {
    if (this.built) return; // moved in the page, not made anew
    this.built = true;
    // Its own language, else that of the part of the page it stands in.
    const written = /** @type {HTMLElement | null} */ (this.closest("[lang]"))?.lang;
    this.words = wordsIn(written || document.documentElement.lang);
    this.client = new Client(this.getAttribute("endpoint") ?? "/api/v1", (reason) => this.getToken(reason));
    this.build();
    this.emit("ready");
  }

  /** Takes it off the page for good: no request stays, and it listens to nothing outside itself. */
  destroy() {
    this.conversation?.clear();
    this.combobox?.close();
    this.remove();
  }

  get isLauncher() {
    return this.getAttribute("mode") !== "inline";
  }

  open() {
    if (!this.isLauncher || !this.panel || this.panel.open) return;
    if (matchMedia(PHONE).matches) this.panel.showModal();
    else this.panel.show();
    this.launcher?.setAttribute("aria-expanded", "true");
    this.focusInput();
    this.emit("open");
  }

  close() {
    if (this.panel?.open) this.panel.close();
  }

  toggle() {
    if (this.panel?.open) this.close();
    else this.open();
  }

  focusInput() {
    this.input?.focus();
  }

  /** @param {string} text what stands in the input, unsent */
  setDraft(text) {
    if (this.input) this.input.value = text;
  }

  newConversation() {
    this.conversation?.clear();
    this.welcome?.removeAttribute("hidden");
    this.focusInput();
  }

  /**
   * Asks as if it had been typed; opens the panel first. Another draft in the input stays.
   *
   * @param {string} text
   */
  async ask(text) {
    const question = text.trim();
    if (!question || !this.conversation || !this.emit("ask")) return;
    this.open();
    if (this.input?.value.trim() === question) this.setDraft("");
    this.combobox?.close();
    const focused = this.shadowRoot?.activeElement;
    this.welcome?.setAttribute("hidden", "");
    const asking = this.conversation.ask(question);
    if (focused && !focused.checkVisibility()) this.conversation.log.focus(); // what was pressed is gone
    const { outcome, kind } = await asking;
    if (outcome === "reply") this.emit("answer", { kind });
    if (outcome === "problem") this.emit("error", { kind });
    if (outcome !== "reply" && kind !== "left" && kind !== "replaced" && !this.input?.value) this.setDraft(question);
  }

  /**
   * @param {string} name
   * @param {object} [detail]
   * @returns {boolean} false when a listener of a cancelable event said no
   */
  emit(name, detail = {}) {
    const event = { bubbles: true, composed: true, cancelable: ["ask", "source-open"].includes(name), detail };
    return this.dispatchEvent(new CustomEvent(`signpost-${name}`, event));
  }

  build() {
    const client = /** @type {Client} */ (this.client);
    const log = element("div", { class: "log", part: "log", role: "region", "aria-label": this.words.conversation, tabindex: "0" });
    const live = element("p", { class: "unseen", role: "status" });
    this.input = /** @type {HTMLInputElement} */ (
      element("input", { id: "question", maxlength: "2000", enterkeyhint: "search", "aria-describedby": "hint" })
    );
    const medinfo = this.getAttribute("medinfo-href") ?? "#";
    this.conversation = new Conversation(
      log,
      {
        client,
        words: this.words,
        medinfo,
        ask: (text) => void this.ask(text),
        say: (text) => (live.textContent = text),
        opened: (citation) => this.emit("source-open", { document: citation?.document ?? null }),
        verdict: (helpful) => this.emit("feedback", { helpful }),
      },
      () => this.lang,
    );
    this.welcome = this.greeting();
    const parts = [this.head(), this.welcome, log, live, this.composer(), this.foot(medinfo)];
    const label = { "aria-label": this.words.title, lang: this.words.lang }; // of our words; a document's have none that we know
    this.shadowRoot?.append(
      this.isLauncher
        ? element("aside", label, ...this.launched(parts))
        : element("section", { ...label, class: "panel", part: "panel" }, ...parts),
    );
  }

  /** @param {HTMLElement[]} parts @returns {HTMLElement[]} */
  launched(parts) {
    this.launcher = button(this.words.launcher, () => this.toggle(), {
      class: "launcher",
      part: "launcher",
      "aria-haspopup": "dialog",
      "aria-expanded": "false",
    });
    const label = { class: "panel", part: "panel", "aria-label": this.words.title };
    this.panel = /** @type {HTMLDialogElement} */ (element("dialog", label, ...parts));
    this.panel.addEventListener("close", () => {
      this.launcher?.setAttribute("aria-expanded", "false"); // the dialog itself gives the focus back
      this.emit("close");
    });
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return; // a dialog that isn't modal doesn't close by itself
      event.preventDefault();
      this.close();
    });
    return [this.launcher, this.panel];
  }

  /** @returns {HTMLElement} */
  head() {
    const anew = button(this.words.newConversation, () => this.newConversation(), { class: "plain" });
    const close = this.isLauncher && button(this.words.close, () => this.close(), { class: "plain" });
    // No <header> and <footer>: in a dialog they would be a second banner and contentinfo of the page.
    return element("div", { class: "head", part: "header" }, element("h2", {}, this.words.title), anew, close);
  }

  /** @returns {HTMLElement} */
  greeting() {
    const place = element("div", { class: "welcome", part: "welcome" }, element("p", {}, this.words.welcome));
    const show = (/** @type {string[]} */ starters) => {
      const items = starters.map((text) => element("li", {}, button(text, () => void this.ask(text), { class: "chip" })));
      if (items.length > 0) place.append(element("ul", { class: "chips" }, ...items));
    };
    const given = this.getAttribute("starters");
    if (given !== null) show(given.split("|").filter(Boolean));
    // Not before the reader turns to it: until then the page need not have said who reads.
    else this.input?.addEventListener("focus", () => void this.starters().then(show), { once: true });
    return place;
  }

  /** @returns {Promise<string[]>} none when they can't be had: what is wrong is said when a question is asked */
  starters() {
    const client = /** @type {Client} */ (this.client);
    return client.starters(this.getAttribute("page") ?? "", this.lang).catch(() => []);
  }

  /** @returns {HTMLElement} */
  composer() {
    const input = /** @type {HTMLInputElement} */ (this.input);
    const list = element("div", { id: "suggestions", class: "suggestions", "aria-label": this.words.suggestions });
    const suggest = (/** @type {string} */ typed, /** @type {AbortSignal} */ signal) =>
      /** @type {Client} */ (this.client).suggest(typed, this.lang, signal);
    this.combobox = new Combobox(input, list, suggest, (text) => {
      this.setDraft(text);
      void this.ask(text);
    });
    const send = (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.ask(input.value);
    };
    return element(
      "form",
      { part: "composer", submit: send },
      element(
        "p",
        {},
        element("label", { for: "question" }, this.words.question),
        element("span", { id: "hint", class: "hint" }, this.words.hint),
      ),
      element("div", { class: "ask" }, input, element("button", { class: "send" }, this.words.send), list),
    );
  }

  /** @param {string} medinfo @returns {HTMLElement} */
  foot(medinfo) {
    return element(
      "div",
      { class: "foot", part: "footer" },
      element("a", { href: medinfo }, this.words.desks.medical_information),
      element("a", { href: this.getAttribute("safety-href") ?? "#" }, this.words.desks.safety),
    );
  }
}
