// @ts-check
/**
 * DOM nodes, never HTML strings: what a document or a reader wrote can't become markup.
 *
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined | EventListener>} [attributes] a function is a
 *   listener for the event of its name; `true` an attribute without value; `false`, `null` and `undefined` none
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/**
 * A paragraph of the service's, whose language isn't known here; an address in it is a link.
 *
 * @param {string} text
 * @returns {HTMLElement}
 */
export function paragraph(text) {
  const parts = text.split(/(https:\/\/[^\s)]*[^\s).,;:])/);
  const nodes = parts.map((part, at) =>
    at % 2 ? element("a", { href: part, target: "_blank", rel: "noopener" }, part) : part,
  );
  return element("p", { lang: "" }, ...nodes);
}

/**
 * A button that does something, as opposed to one that sends a form.
 *
 * @param {string} label
 * @param {() => void} action
 * @param {Record<string, string | boolean>} [attributes]
 * @returns {HTMLButtonElement}
 */
export function button(label, action, attributes = {}) {
  return /** @type {HTMLButtonElement} */ (element("button", { type: "button", click: action, ...attributes }, label));
}
