// @ts-check
/** @import { Citation, Client, Quote, Reply, Turn } from "./client.js" */
/** @import { Words } from "./strings.js" */
import { button, element } from "./dom.js";
import { deskName, handovers } from "./handovers.js";
import { notice } from "./notices.js";
import { table } from "./table.js";

/**
 * What a card can ask of the element it stands in.
 *
 * @typedef {{ client: Client, words: Words, medinfo: string, ask: (text: string) => void, say: (text: string) => void,
 *   opened: (citation: Citation | null) => boolean,
 *   verdict: (helpful: boolean) => void }} Host
 */

/**
 * A reply as the reader sees it: whom to turn to, headline, quotes with their sources, then where to go on.
 *
 * @param {Turn} turn
 * @param {Host} host
 * @returns {HTMLElement}
 */
export function card(turn, host) {
  const { reply } = turn;
  const { words } = host;
  const parts = [
    reply.handovers.length > 0 && handovers(reply.handovers, host),
    ...reply.notices.map((item) => notice(item, words)),
    hasBody(reply) && element("p", { class: "headline", part: "headline" }, reply.headline),
    reply.quotes.length > 0 && quotes(reply.quotes, turn, host),
    reply.safety_information.length > 0 && balance(turn, host),
    reply.choices.length > 0 && chips(reply.choices.map((item) => [counted(item, words), item.text]), host),
    reply.next_steps.length > 0 && nextSteps(turn, host),
    reply.kind === "no_answer" &&
      !reply.handovers.some((item) => item.to === "medical_information") &&
      element("p", { class: "actions" }, element("a", { class: "action", href: host.medinfo }, words.desks.medical_information)),
    reply.suggestions.length > 0 &&
      section(words.followUps, chips(reply.suggestions.map((text) => [text, text]), host)),
    reply.kind === "answer" && feedback(turn, host),
  ];
  return element("div", { class: "card", part: "card" }, ...parts);
}

/** Without a body the headline is a handover's or a notice's own text. @param {Reply} reply */
function hasBody({ kind }) {
  return kind !== "handover" && kind !== "notice";
}

/**
 * What the live region says: whom to turn to, what stands before the body, then one sentence.
 *
 * An emergency says itself, as an alert; what a reader is told once in a conversation needs no interruption.
 *
 * @param {Turn} turn
 * @param {Host} host
 * @returns {string}
 */
export function summary({ reply }, host) {
  const calm = reply.handovers.filter(({ to }) => to !== "emergency");
  const told = hasBody(reply) ? calm.map(({ to }) => `${deskName(to, host)}.`) : calm.map(({ text }) => text);
  const notices = reply.notices.filter(({ kind }) => kind !== "disclosure").map(({ text }) => text);
  return [...told, ...notices, body(reply, host.words)].filter(Boolean).join(" ");
}

/** @param {Reply} reply @param {Words} words @returns {string} */
function body(reply, words) {
  const [sources, steps] = [reply.citations.length, reply.next_steps.length];
  if (reply.kind === "answer") return `${words.answered} ${sources} ${sources === 1 ? words.source : words.sources}.`;
  if (reply.kind === "clarification") return `${reply.headline} ${reply.choices.length} ${words.choices}.`;
  if (reply.kind === "notice" && steps) return `${steps} ${steps === 1 ? words.document : words.documents}.`;
  return hasBody(reply) ? reply.headline : "";
}

/** @typedef {{ citation: number, text: string, heading?: string[], table?: Quote["table"] }} Quoted */

/** What must not look less than the quotes before it. @param {Turn} turn @param {Host} host @returns {HTMLElement} */
function balance(turn, host) {
  const list = quotes(turn.reply.safety_information, turn, host);
  return element("section", { class: "balance", part: "safety" }, element("h4", {}, host.words.safety), list);
}

/** @param {Quoted[]} items @param {Turn} turn @param {Host} host @returns {HTMLElement} */
function quotes(items, turn, host) {
  return element("ol", { class: "quotes", part: "quotes" }, ...items.map((_, index) => quoted(items, index, turn, host)));
}

/** @param {Quoted[]} items @param {number} index @param {Turn} turn @param {Host} host @returns {HTMLElement} */
function quoted(items, index, { reply, tickets }, host) {
  const quote = items[index];
  const citation = /** @type {Citation} */ (reply.citations.find((item) => item.number === quote.citation));
  const before = reply.citations.find((item) => item.number === items[index - 1]?.citation);
  // What stands right above is not said again: neither the document nor the place in it.
  const same = before?.document === citation.document && before.version === citation.version;
  // Over a table stands its caption: the same path, without the header's own words.
  const path = quote.table ? "" : (quote.heading ?? []).join(" › ");
  const known = same && path === (items[index - 1].heading ?? []).join(" › ");
  const text = quote.table ? table(quote.table, quote.heading ?? [], host.words) : quote.text;
  return element(
    "li",
    {},
    path && !known && element("p", { class: "path", lang: "" }, path),
    element("blockquote", { part: "quote", lang: "" }, text, ` [${citation.number}]`),
    source(citation, tickets[citation.number], same, host),
  );
}

/** @param {Citation} citation @param {string} ticket @param {boolean} same @param {Host} host @returns {HTMLElement} */
function source(citation, ticket, same, host) {
  const { words } = host;
  const place = citation.page === null ? words.section : `${words.page} ${citation.page}`;
  const link = element(
    "a",
    {
      class: "action",
      href: host.client.link(citation.url, ticket),
      target: "_blank",
      rel: "noopener",
      "aria-label": `${words.open} ${place}, ${citation.title}`,
      click: (/** @type {Event} */ event) => host.opened(citation) || event.preventDefault(),
    },
    `${words.open} ${place}`,
  );
  const actions = element("p", { class: "actions" }, link, copier(citation, host));
  if (same) return element("div", { class: "source", part: "source" }, actions);
  const facts = [citation.type, `${words.version} ${citation.version}`, `${words.approved} ${citation.approved_on}`];
  return element(
    "div",
    { class: "source", part: "source" },
    element("p", {}, element("cite", { lang: "" }, citation.title)),
    // A date or a version isn't broken over two lines.
    element("p", { class: "facts" }, ...facts.flatMap((fact, at) => [at ? " · " : "", element("span", {}, fact)])),
    citation.cues.length > 0 && element("p", { class: "cues", part: "cues" }, citation.cues.join(" · ")),
    actions,
  );
}

/** @param {Citation} citation @param {Host} host @returns {HTMLElement} */
function copier(citation, host) {
  const { words } = host;
  const text = reference(citation, new Date());
  const place = element("span", { class: "copier" });
  const copy = button(words.copy, async () => {
    try {
      await navigator.clipboard.writeText(text);
      host.say(words.copied);
      copy.textContent = words.copied;
    } catch {
      // No clipboard without a secure connection, or none for us: the reader can still take it.
      const field = element("input", { readonly: true, value: text, "aria-label": words.copyByHand });
      place.replaceChildren(field);
      field.focus();
      /** @type {HTMLInputElement} */ (field).select();
      host.say(words.copyByHand);
    }
  });
  place.append(copy);
  return place;
}

/**
 * A reference as in Citing Medicine (Vancouver style): owner, title, version, date, place, date of citation.
 *
 * @param {Citation} citation
 * @param {Date} now
 * @returns {string}
 */
export function reference(citation, now) {
  const place = citation.page === null ? "" : ` p. ${citation.page}.`;
  const today = now.toISOString().slice(0, 10);
  return (
    `${citation.owner}. ${citation.title}. Version ${citation.version}, ${citation.document}; approved ` +
    `${citation.approved_on} (${citation.approval}).${place} [cited ${today}].`
  );
}

/** @param {{ label: string, count: number }} choice @param {Words} words @returns {string} */
function counted(choice, words) {
  return `${choice.label} (${choice.count} ${choice.count === 1 ? words.document : words.documents})`;
}

/** @param {string[][]} items label and text @param {Host} host @returns {HTMLElement} */
function chips(items, host) {
  const nodes = items.map(([label, text]) => element("li", {}, button(label, () => host.ask(text), { class: "chip" })));
  return element("ul", { class: "chips", part: "chips" }, ...nodes);
}

/** @param {Turn} turn @param {Host} host @returns {HTMLElement} */
function nextSteps(turn, host) {
  const items = turn.reply.next_steps.map((step, index) => {
    const href = host.client.link(step.url, turn.tickets[`next-${index + 1}`]);
    const click = (/** @type {Event} */ event) => host.opened(null) || event.preventDefault();
    const link = element("a", { href, target: "_blank", rel: "noopener", lang: "", click }, step.title);
    return element("li", {}, link, element("span", { class: "cues" }, step.cue));
  });
  const titles = /** @type {Record<string, string>} */ ({ no_answer: host.words.related, notice: host.words.found });
  const title = titles[turn.reply.kind] ?? host.words.next;
  return section(title, element("ul", { class: "next", part: "next-steps" }, ...items));
}

/** @param {string} title @param {...Node} nodes @returns {HTMLElement} */
function section(title, ...nodes) {
  return element("section", {}, element("h4", {}, title), ...nodes);
}

/** @param {Turn} turn @param {Host} host @returns {HTMLElement} */
function feedback(turn, host) {
  const { words } = host;
  const place = element("div", { class: "feedback", part: "feedback", role: "group", "aria-label": words.helpful });
  const give = async (/** @type {boolean} */ helpful, /** @type {string | null} */ reason) => {
    try {
      await host.client.feedback(turn.turn, helpful, reason);
    } catch {
      host.say(words.notKept);
      return;
    }
    host.verdict(helpful);
    host.say(words.thanks);
    const note = element("p", { tabindex: "-1" }, words.thanks);
    place.replaceChildren(note);
    note.focus(); // the button that had the focus is gone
  };
  const ask = () => {
    const reasons = Object.entries(words.reasons).map(([reason, label]) => button(label, () => give(false, reason)));
    place.replaceChildren(element("span", {}, words.why), ...reasons);
    reasons[0].focus();
    place.scrollIntoView({ block: "nearest" });
  };
  place.append(
    element("span", {}, words.helpful),
    button(words.yes, () => give(true, null)),
    button(words.no, ask),
  );
  return place;
}
