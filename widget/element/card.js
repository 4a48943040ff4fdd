// @ts-check
/** @import { Citation, Client, Quote, Reply, Turn } from "./client.js" */
import { button, element } from "./dom.js";
import { DESKS, REASONS, STRINGS } from "./strings.js";

/**
 * What a card can ask of the element it stands in.
 *
 * @typedef {{ client: Client, medinfo: string, ask: (text: string) => void, say: (text: string) => void,
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
  const parts = [
    reply.handovers.length > 0 && handovers(turn, host),
    ...reply.notices.map((notice) => element("p", { class: "notice" }, notice.text)),
    // Without a body the headline is a notice's or a handover's own text.
    !reply.notices.some((notice) => notice.text === reply.headline) &&
      element("p", { class: "headline", part: "headline" }, reply.headline),
    reply.quotes.length > 0 && quotes(reply.quotes, turn, host),
    reply.safety_information.length > 0 && section(STRINGS.safety, quotes(reply.safety_information, turn, host)),
    reply.choices.length > 0 && chips(reply.choices.map((item) => [counted(item), item.text]), host),
    reply.next_steps.length > 0 && nextSteps(turn, host),
    reply.kind === "no_answer" &&
      !reply.handovers.some((item) => item.to === "medical_information") &&
      element("p", { class: "actions" }, element("a", { class: "action", href: host.medinfo }, STRINGS.medicalInformation)),
    reply.suggestions.length > 0 &&
      section(STRINGS.followUps, chips(reply.suggestions.map((text) => [text, text]), host)),
    reply.kind === "answer" && feedback(turn, host),
  ];
  return element("div", { class: "card", part: "card" }, ...parts);
}

/** What the live region says: whom to turn to, then one sentence. @param {Turn} turn @returns {string} */
export function summary({ reply }) {
  return [...desks(reply).map(({ to }) => `${desk(to)}.`), body(reply)].join(" ");
}

/** @param {Reply} reply @returns {string} */
function body(reply) {
  const count = reply.citations.length;
  if (reply.kind === "answer") return `Answer with ${count} ${count === 1 ? "source" : "sources"}.`;
  if (reply.kind === "clarification") return `${reply.headline} ${reply.choices.length} choices.`;
  return reply.headline;
}

/** Whom a reply hands over to, safety first. @param {Reply} reply */
function desks(reply) {
  const safetyFirst = (/** @type {{ to: string }} */ item) => (item.to === "safety" ? 0 : 1);
  return [...reply.handovers].sort((one, other) => safetyFirst(one) - safetyFirst(other));
}

/** @param {Turn} turn @param {Host} host @returns {HTMLElement} */
function handovers({ reply }, host) {
  const links = desks(reply).map(({ to, url }) =>
    element("a", { class: "action", href: host.client.link(url, undefined) }, desk(to)),
  );
  return element("p", { class: "actions", part: "handovers" }, ...links);
}

/** What a link to a desk says; one that we don't know yet is offered all the same. @param {string} to @returns {string} */
function desk(to) {
  return Object.hasOwn(DESKS, to) ? DESKS[to] : `${STRINGS.contact}: ${to.replaceAll("_", " ")}`;
}

/** @typedef {{ citation: number, text: string, heading?: string[], table?: Quote["table"] }} Quoted */

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
  const path = (quote.heading ?? []).join(" › ");
  const known = same && path === (items[index - 1].heading ?? []).join(" › ");
  return element(
    "li",
    {},
    path && !known && element("p", { class: "path", lang: "" }, path),
    element("blockquote", { part: "quote", lang: "" }, quote.table ? table(quote.table) : quote.text, ` [${citation.number}]`),
    source(citation, tickets[citation.number], same, host),
  );
}

/** @param {Citation} citation @param {string} ticket @param {boolean} same @param {Host} host @returns {HTMLElement} */
function source(citation, ticket, same, host) {
  const place = citation.page === null ? STRINGS.section : `${STRINGS.page} ${citation.page}`;
  const link = element(
    "a",
    {
      class: "action",
      href: host.client.link(citation.url, ticket),
      target: "_blank",
      rel: "noopener",
      "aria-label": `${STRINGS.open} ${place}, ${citation.title}`,
      click: (/** @type {Event} */ event) => host.opened(citation) || event.preventDefault(),
    },
    `${STRINGS.open} ${place}`,
  );
  const actions = element("p", { class: "actions" }, link, copier(citation, host));
  if (same) return element("div", { class: "source", part: "source" }, actions);
  const facts = [citation.type, `${STRINGS.version} ${citation.version}`, `${STRINGS.approved} ${citation.approved_on}`];
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
  const text = reference(citation, new Date());
  const place = element("span", { class: "copier" });
  const copy = button(STRINGS.copy, async () => {
    try {
      await navigator.clipboard.writeText(text);
      host.say(STRINGS.copied);
      copy.textContent = STRINGS.copied;
    } catch {
      // No clipboard without a secure connection, or none for us: the reader can still take it.
      const field = element("input", { readonly: true, value: text, "aria-label": STRINGS.copyByHand });
      place.replaceChildren(field);
      field.focus();
      /** @type {HTMLInputElement} */ (field).select();
      host.say(STRINGS.copyByHand);
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

/** @param {{ header: string[], rows: string[][] }} value @returns {HTMLElement} */
function table(value) {
  const cells = (/** @type {string} */ tag, /** @type {string[]} */ texts) =>
    element("tr", {}, ...texts.map((text) => element(tag, tag === "th" ? { scope: "col" } : {}, text)));
  const rows = value.rows.map((row) => cells("td", row));
  const body = element("table", {}, element("thead", {}, cells("th", value.header)), element("tbody", {}, ...rows));
  return element("div", { class: "scroll", role: "region", "aria-label": STRINGS.table, tabindex: "0" }, body);
}

/** @param {{ label: string, count: number }} choice @returns {string} */
function counted(choice) {
  return `${choice.label} (${choice.count} ${choice.count === 1 ? STRINGS.document : STRINGS.documents})`;
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
  const titles = /** @type {Record<string, string>} */ ({ no_answer: STRINGS.related, notice: STRINGS.found });
  const title = titles[turn.reply.kind] ?? STRINGS.next;
  return section(title, element("ul", { class: "next", part: "next-steps" }, ...items));
}

/** @param {string} title @param {...Node} nodes @returns {HTMLElement} */
function section(title, ...nodes) {
  return element("section", {}, element("h4", {}, title), ...nodes);
}

/** @param {Turn} turn @param {Host} host @returns {HTMLElement} */
function feedback(turn, host) {
  const place = element("div", { class: "feedback", part: "feedback", role: "group", "aria-label": STRINGS.helpful });
  const give = async (/** @type {boolean} */ helpful, /** @type {string | null} */ reason) => {
    try {
      await host.client.feedback(turn.turn, helpful, reason);
    } catch {
      host.say(STRINGS.notKept);
      return;
    }
    host.verdict(helpful);
    host.say(STRINGS.thanks);
    const note = element("p", { tabindex: "-1" }, STRINGS.thanks);
    place.replaceChildren(note);
    note.focus(); // the button that had the focus is gone
  };
  const ask = () => {
    const reasons = Object.entries(REASONS).map(([reason, label]) => button(label, () => give(false, reason)));
    place.replaceChildren(element("span", {}, STRINGS.why), ...reasons);
    reasons[0].focus();
    place.scrollIntoView({ block: "nearest" });
  };
  place.append(
    element("span", {}, STRINGS.helpful),
    button(STRINGS.yes, () => give(true, null)),
    button(STRINGS.no, ask),
  );
  return place;
}
