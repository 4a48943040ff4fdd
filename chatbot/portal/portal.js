// @ts-check
// What a portal adds to embed Signpost: a function that gets its reader's token. And, on the first page, a search bar.
/** @import { SignpostChat } from "../../widget/element/chat.js" */
import { Client } from "/widget/client.js";
import { Combobox } from "/widget/combobox.js";
import "/widget/signpost-chat.js";

const { country, specialty, role, language } = document.documentElement.dataset;

/** A real portal asks its own identity provider. */
async function getToken() {
  const response = await fetch("/demo/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ country, specialty, role }),
  });
  return (await response.json()).token;
}

const chat = /** @type {SignpostChat} */ (document.querySelector("signpost-chat"));
chat.getToken = getToken;

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.search"));
if (form) {
  const input = /** @type {HTMLInputElement} */ (document.querySelector("#search"));
  const list = /** @type {HTMLElement} */ (document.querySelector("#search-suggestions"));
  const client = new Client("/api/v1", getToken);
  const ask = (/** @type {string} */ text) => {
    input.value = text;
    void chat.ask(text);
  };
  const combobox = new Combobox(input, list, (typed, signal) => client.suggest(typed, language ?? "", signal), ask);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    combobox.close();
    ask(input.value);
  });
  form.querySelector("button")?.removeAttribute("disabled"); // from here on a question goes nowhere but to the element
}

// A choice that isn't made yet must not look as if it were: the page still answers for the reader it was made for.
const reader = /** @type {HTMLFormElement} */ (document.querySelector("form.reader"));
reader.addEventListener("change", () => {
  const button = /** @type {HTMLButtonElement} */ (reader.querySelector("button"));
  button.textContent = "Switch now";
  button.classList.add("pending");
});
