// @ts-check
/** @import { Host } from "./card.js" */
import { card, summary } from "./card.js";
import { Problem } from "./client.js";
import { button, element } from "./dom.js";
import { STRINGS } from "./strings.js";

const SKELETON_AFTER = 300; // milliseconds: a reply within them needs no sign that it is coming
const CANCEL_AFTER = 4000;

/**
 * The exchanges of one conversation. One question is in flight; a newer one replaces it.
 *
 * The log isn't live and the focus stays where it is: `say` announces one sentence a reply.
 */
export class Conversation {
  /**
   * @param {HTMLElement} log
   * @param {Host} host
   * @param {() => string} language
   */
  constructor(log, host, language) {
    this.log = log;
    this.host = host;
    this.language = language;
    /** @type {string | null} */
    this.id = null;
    this.request = new AbortController();
  }

  /** Forgets everything said so far. */
  clear() {
    this.request.abort();
    this.id = null;
    this.log.replaceChildren();
  }

  /**
   * Asks, and shows what comes of it. Returns the kind of reply, or of problem.
   *
   * @param {string} text
   * @returns {Promise<string>}
   */
  async ask(text) {
    this.request.abort();
    const request = (this.request = new AbortController());
    const body = element("div", { class: "body" });
    const question = element("h3", { part: "question" }, text);
    const exchange = element("article", { class: "exchange", "aria-label": `${STRINGS.asked}: ${text}` }, question, body);
    this.log.append(exchange);
    this.log.scrollTop = exchange.offsetTop - this.log.offsetTop; // the question at the top, and there it stays
    const waiting = this.wait(body, request);
    try {
      const turn = await this.host.client.ask(text, this.id, this.language(), request.signal);
      this.id = turn.conversation;
      body.replaceChildren(card(turn, this.host));
      this.host.say(summary(turn));
      return turn.reply.kind;
    } catch (error) {
      const kind = request.signal.aborted ? "cancelled" : error instanceof Problem ? error.kind : "unavailable";
      this.fail(body, text, kind, error instanceof Problem ? error : new Problem("unavailable"));
      if (kind === "unavailable" && !(error instanceof Problem)) console.error(error); // a fault of ours
      return kind;
    } finally {
      waiting.forEach(clearTimeout);
    }
  }

  /** @param {HTMLElement} body @param {AbortController} request @returns {number[]} timers */
  wait(body, request) {
    const lines = [1, 2, 3].map(() => element("span", { class: "bone" }));
    const skeleton = () => {
      body.replaceChildren(element("div", { class: "skeleton", part: "loading" }, ...lines));
      this.host.say(STRINGS.looking);
    };
    const cancel = () => body.append(button(STRINGS.cancel, () => request.abort()));
    return [setTimeout(skeleton, SKELETON_AFTER), setTimeout(cancel, CANCEL_AFTER)];
  }

  /**
   * Says what went wrong, keeps the question, and offers to try again; nothing is sent by itself.
   *
   * @param {HTMLElement} body
   * @param {string} text
   * @param {string} kind
   * @param {Problem} problem
   */
  fail(body, text, kind, problem) {
    const said = {
      offline: STRINGS.offline,
      signed_out: STRINGS.signed_out,
      refused: problem.message || STRINGS.refused,
      cancelled: STRINGS.cancelled,
    }[kind];
    const message = said ?? STRINGS.unavailable;
    const again = button(STRINGS.retry, () => {
      body.parentElement?.remove();
      this.host.ask(text);
    });
    body.replaceChildren(
      element(
        "div",
        { class: "problem", part: "problem" },
        element("p", {}, message),
        problem.reference && element("p", { class: "facts" }, `${STRINGS.reference}: ${problem.reference}`),
        kind !== "refused" && again,
      ),
    );
    this.host.say(message);
  }
}
