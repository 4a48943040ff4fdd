// @ts-check
/** @import { Host } from "./card.js" */
/** @import { Turn } from "./client.js" */
import { card, summary } from "./card.js";
import { newKey, Problem } from "./client.js";
import { button, element } from "./dom.js";
import { reporting } from "./handovers.js";

/**
 * @typedef {{ text: string, conversation: string | null, language: string, key: string, exchange: HTMLElement }} Asked
 *   a question as it was sent, and where it stands
 */

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
    /** @type {Asked | null} the last one without a reply */
    this.unanswered = null;
    this.disclosed = false; // that nobody but a machine answers
  }

  /** Forgets everything said so far. */
  clear() {
    this.request.abort("left");
    this.id = null;
    this.unanswered = null;
    this.disclosed = false;
    this.log.replaceChildren();
    this.host.say("");
  }

  /**
   * Asks, and shows what comes of it. Returns the kind of reply or of problem, or why it was aborted.
   *
   * @param {string} text
   * @returns {Promise<{ outcome: "reply" | "problem" | "aborted", kind: string }>}
   */
  async ask(text) {
    this.request.abort("replaced");
    const request = (this.request = new AbortController());
    const { asked, body } = this.begin(text);
    const waiting = this.wait(body, request);
    try {
      const given = await this.host.client.ask(asked.key, text, asked.conversation, asked.language, request.signal);
      request.signal.throwIfAborted();
      const turn = this.once(given);
      this.id = turn.conversation;
      this.show(body, card(turn, this.host));
      this.host.say(summary(turn, this.host));
      return { outcome: "reply", kind: turn.reply.kind };
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem("unavailable");
      const kind = request.signal.aborted ? String(request.signal.reason) : problem.kind;
      if (kind === "replaced") this.show(body, element("p", { class: "facts" }, this.host.words.replaced));
      else if (kind !== "left") {
        this.unanswered = asked;
        this.fail(body, text, kind, problem);
      }
      if (kind === problem.kind && problem !== error) console.error(error); // a fault of ours
      return { outcome: request.signal.aborted ? "aborted" : "problem", kind };
    } finally {
      waiting.forEach(clearTimeout);
    }
  }

  /** Without a disclosure that stands in the log already. @param {Turn} turn @returns {Turn} */
  once(turn) {
    const { notices } = turn.reply;
    const rest = notices.filter(({ kind }) => kind !== "disclosure" || !this.disclosed);
    this.disclosed ||= rest.some(({ kind }) => kind === "disclosure");
    return { ...turn, reply: { ...turn.reply, notices: rest } };
  }

  /**
   * Puts the question at the top of the log, where it stays. One that is sent again as it was keeps its key: should the
   * reply have been lost on its way, it is the same reply that comes.
   *
   * @param {string} text
   * @returns {{ asked: Asked, body: HTMLElement }}
   */
  begin(text) {
    const sent = { text, conversation: this.id, language: this.language() };
    const before = this.unanswered;
    if (before?.text === text) before.exchange.remove(); // asked again, not once more
    const same = before?.text === text && before.conversation === sent.conversation && before.language === sent.language;
    this.unanswered = null;
    const body = element("div", { class: "body" });
    const question = element("h3", { part: "question", lang: "" }, text);
    const exchange = element("article", { class: "exchange", "aria-label": `${this.host.words.asked}: ${text}` }, question, body);
    this.log.append(exchange);
    this.log.scrollTop = exchange.offsetTop;
    this.host.say(""); // so that the same words are announced again
    return { asked: { ...sent, key: same ? before.key : newKey(), exchange }, body };
  }

  /** A focus on what is replaced goes to the log, not to the page's start. @param {HTMLElement} body @param {HTMLElement} node */
  show(body, node) {
    const focused = /** @type {ShadowRoot} */ (body.getRootNode()).activeElement;
    const lost = body.contains(focused);
    body.replaceChildren(node);
    if (lost) this.log.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} body @param {AbortController} request @returns {number[]} timers */
  wait(body, request) {
    const lines = [1, 2, 3].map(() => element("span", { class: "bone" }));
    const skeleton = () => {
      body.replaceChildren(element("div", { class: "skeleton", part: "loading" }, ...lines));
      this.host.say(this.host.words.looking);
    };
    const cancel = () => {
      body.append(button(this.host.words.cancel, () => request.abort("cancelled")));
      this.host.say(this.host.words.slow);
    };
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
    const { words } = this.host;
    const own = /** @type {Record<string, string>} */ ({
      offline: words.offline,
      signed_out: words.signed_out,
      cancelled: words.cancelled,
    });
    const service = kind === "refused" && problem.message; // in English, as all of its problems
    const message = service || (own[kind] ?? (kind === "refused" ? words.refused : words.unavailable));
    const again = button(words.retry, () => this.host.ask(text));
    this.show(
      body,
      element(
        "div",
        { class: "problem", part: "problem" },
        element("p", { lang: service ? "en" : null }, message),
        problem.safety && reporting(problem.safety, this.host),
        problem.reference && element("p", { class: "facts" }, `${words.reference}: ${problem.reference}`),
        kind !== "refused" && again,
      ),
    );
    this.host.say([message, problem.safety?.text].filter(Boolean).join(" "));
  }
}
