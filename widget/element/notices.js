// @ts-check
/** @import { Notice } from "./client.js" */
/** @import { Words } from "./strings.js" */
import { element, paragraph } from "./dom.js";

// What a reader must not miss; any other notice is a note.
const IMPORTANT = ["personal_data", "off_label", "comparison", "patient_specific", "safety_route", "language"];
// What is said in passing, as one does in a conversation.
const ACTS = ["greeting", "thanks", "goodbye", "help", "bot_identity", "repeat", "feedback", "chitchat"];

/**
 * A text that stands before what was asked for: a sign and the text, so that no notice is told by its colour alone.
 *
 * @param {Notice} notice
 * @param {Words} words
 * @returns {HTMLElement}
 */
export function notice({ kind, text }, words) {
  const said = paragraph(text);
  if (ACTS.includes(kind)) return part("act", said);
  if (kind === "documents") return part("headline", said);
  if (kind === "disclosure") return part("disclosure", icon("i", words.note), said);
  if (IMPORTANT.includes(kind)) return part("notice important", icon("!", words.important), said);
  return part("notice", icon("i", words.note), said);
}

/** A sign in a circle, with its name for whoever doesn't see it. @param {string} sign @param {string} name */
export function icon(sign, name) {
  return element("span", { class: "icon", role: "img", "aria-label": name }, sign);
}

/** @param {string} name @param {...HTMLElement} nodes @returns {HTMLElement} */
function part(name, ...nodes) {
  return element("div", { class: name, part: "notice" }, ...nodes);
}
