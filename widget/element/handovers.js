// @ts-check
/** @import { Handover, Safety } from "./client.js" */
/** @import { Host } from "./card.js" */
import { button, element, paragraph } from "./dom.js";
import { icon } from "./notices.js";

const LONGEST = 2000; // characters: what a desk of the service takes of a question

/**
 * Whom a reply hands over to, in the order in which it came: the most urgent first.
 *
 * @param {Handover[]} items
 * @param {Host} host
 * @returns {HTMLElement}
 */
export function handovers(items, host) {
  const nodes = items.map((item) => {
    const text = paragraph(item.text);
    const way = wayTo(item, host);
    if (item.to !== "emergency") return element("div", { class: "handover" }, text, way);
    const said = element("div", { class: "said" }, icon("!", host.words.important), text);
    return element("div", { class: "handover emergency", role: "alert" }, said, way);
  });
  return element("div", { part: "handovers" }, ...nodes);
}

/** What a desk is called; one that we don't know yet is offered all the same. @param {string} to @param {Host} host */
export function deskName(to, { words }) {
  const desks = /** @type {Record<string, string>} */ (words.desks);
  return Object.hasOwn(desks, to) ? desks[to] : `${words.contact}: ${to.replaceAll("_", " ")}`;
}

/**
 * Where a suspected adverse reaction is reported, as a refusal says it.
 *
 * @param {Safety} route
 * @param {Host} host
 * @returns {HTMLElement}
 */
export function reporting(route, host) {
  const links = [
    route.url && link(host.client.link(route.url, undefined), host.words.desks.safety),
    route.scheme_url && link(route.scheme_url, route.scheme || route.scheme_url),
  ];
  return element("div", { class: "handover", part: "reporting" }, paragraph(route.text), element("p", { class: "actions" }, ...links));
}

/** @param {Handover} item @param {Host} host @returns {HTMLElement} */
function wayTo({ to, url, prefill }, host) {
  const href = host.client.link(url, undefined);
  const number = href.startsWith("tel:") && decodeURIComponent(href.slice(4));
  if (number) return element("a", { class: "action call", href }, `${host.words.call} ${number}`);
  if (prefill?.question) return request(to, href, prefill, host);
  const label = to === "safety" ? host.words.report : deskName(to, host);
  return prefill?.product && takesForms(href)
    ? form(href, hidden(prefill), element("button", { class: "strong" }, label))
    : link(href, label);
}

/**
 * A question to write over before it goes to a desk.
 *
 * It goes there in the body of a form or not at all, never in an address: addresses are kept in histories and access logs,
 * and are handed on as referrers, and this one would say what a physician asks about a patient. Only a desk on the page's
 * own origin gets the form; any other is opened plain, for the reader to paste what they copied.
 *
 * @param {string} to
 * @param {string} href
 * @param {Record<string, string>} prefill
 * @param {Host} host
 * @returns {HTMLElement}
 */
function request(to, href, prefill, host) {
  const { words } = host;
  const place = element("div", { class: "request", part: "request" });
  const toggle = button(
    deskName(to, host),
    () => {
      const show = toggle.getAttribute("aria-expanded") !== "true";
      toggle.setAttribute("aria-expanded", String(show));
      place.toggleAttribute("hidden", !show);
      if (show) question.focus();
    },
    { class: "strong", "aria-expanded": "false" },
  );
  const field = { name: "question", rows: 4, maxlength: LONGEST, autocomplete: "off", lang: "" };
  const question = /** @type {HTMLTextAreaElement} */ (element("textarea", field, prefill.question));
  const own = takesForms(href);
  const parts = [
    element("label", {}, words.request, question),
    prefill.product && element("p", { class: "facts" }, `${words.product}: ${prefill.product}`),
    element("p", { class: "facts" }, `${own ? words.notSent : words.notTaken} ${words.hint}`),
  ];
  const { question: _, ...rest } = prefill;
  place.append(
    own
      ? form(href, [...parts, ...hidden(rest)], element("button", { class: "strong" }, words.goOn))
      : element("div", {}, ...parts, element("p", { class: "actions" }, copier(question, host), link(href, words.goOn))),
  );
  place.hidden = true;
  return element("div", { class: "asking" }, toggle, place);
}

/** @param {HTMLTextAreaElement} question @param {Host} host @returns {HTMLElement} */
function copier(question, { words, say }) {
  const copy = button(words.copyQuestion, async () => {
    try {
      await navigator.clipboard.writeText(question.value);
      say(words.questionCopied);
      copy.textContent = words.questionCopied;
    } catch {
      question.focus(); // no clipboard for us: the reader can still take it
      question.select();
      say(words.copyQuestion);
    }
  });
  return copy;
}

/** Whether a desk is one of the page's own, which take what is handed over. @param {string} href */
function takesForms(href) {
  return new URL(href).origin === location.origin;
}

/** @param {Record<string, string>} values @returns {HTMLElement[]} */
function hidden(values) {
  return Object.entries(values).map(([name, value]) => element("input", { type: "hidden", name, value }));
}

/** @param {string} action @param {(Node | string | false)[]} parts @param {HTMLElement} send @returns {HTMLElement} */
function form(action, parts, send) {
  return element("form", { method: "post", action, target: "_blank", rel: "noopener" }, ...parts, send);
}

/** Opens beside the page, where the conversation is kept nowhere else. @param {string} href @param {string} label */
function link(href, label) {
  const beside = /^https?:/.test(href) && { target: "_blank", rel: "noopener" };
  return element("a", { class: "action", href, ...beside }, label);
}
