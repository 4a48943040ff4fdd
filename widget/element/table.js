// @ts-check
/** @import { Table } from "./client.js" */
/** @import { Words } from "./strings.js" */
import { element } from "./dom.js";

/**
 * Quoted rows as a table under its own header. On a narrow screen it scrolls in its own box.
 *
 * @param {Table} value
 * @param {string[]} heading what it stands under where it names no caption
 * @param {Words} words
 * @returns {HTMLElement}
 */
export function table(value, heading, words) {
  const { header, rows, above = [], merged = [], caption = heading } = value;
  const lines = [...above, ...(header.length > 0 ? [header] : []), ...rows];
  const first = lines.length - rows.length;
  const shown = lines.map((texts, number) => line(texts, merged.filter((cell) => cell.line === number), number < first));
  const parts = [
    caption.length > 0 && element("caption", {}, element("span", {}, caption.join(" › "))),
    first > 0 && element("thead", {}, ...shown.slice(0, first)),
    element("tbody", {}, ...shown.slice(first)),
  ];
  const box = { class: "scroll", role: "region", "aria-label": words.table, tabindex: "0" };
  return element("div", box, element("table", {}, ...parts));
}

/**
 * @param {string[]} texts by column, empty where nothing begins
 * @param {{ column: number, columns: number }[]} merged
 * @param {boolean} isHeader
 * @returns {HTMLElement}
 */
function line(texts, merged, isHeader) {
  const covered = new Set(merged.flatMap(({ column, columns }) => texts.map((_, at) => at).slice(column + 1, column + columns)));
  const cells = texts.map((text, at) => {
    const columns = merged.find(({ column }) => column === at)?.columns ?? 1;
    const span = columns > 1 ? { colspan: String(columns) } : {};
    // A header cell without a text heads nothing.
    if (!isHeader || !text) return element("td", span, text);
    return element("th", { scope: columns > 1 ? "colgroup" : "col", ...span }, text);
  });
  return element("tr", {}, ...cells.filter((_, at) => !covered.has(at)));
}
