// The plain demo page: one question, one reply, each quote with its source. DOM nodes only, never HTML strings.

const form = document.querySelector("#ask");
const status = document.querySelector("#status");
const answer = document.querySelector("#answer");
let conversation = null; // goes on until the country changes or it ends
let current = null; // the request in flight: a new question replaces it

/** @param {string} name @param {string} text @param {string} [className] */
function element(name, text, className) {
  const node = document.createElement(name);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

async function post(path, body, headers, signal) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal,
  });
  const value = await response.json();
  if (!response.ok) throw new Error(value.detail);
  return value;
}

function show(turn) {
  const { reply, tickets } = turn;
  conversation = turn.conversation;
  answer.replaceChildren(element("h2", reply.headline));
  for (const notice of reply.notices) answer.append(element("p", notice.text));
  for (const quote of reply.quotes) {
    const citation = reply.citations.find((item) => item.number === quote.citation);
    const place = citation.page === null ? "the section" : `p. ${citation.page}`;
    const link = element("a", `Open ${place}`);
    link.href = `${citation.url}&ticket=${tickets[citation.number]}`;
    link.target = "_blank";
    link.rel = "noopener";
    const source = element("p", `${citation.title}, version ${citation.version}, approved ${citation.approved_on}. `, "source");
    source.append(link);
    answer.append(element("p", quote.heading.join(" › "), "place"), element("blockquote", `“${quote.text}” [${quote.citation}]`), source);
  }
  for (const choice of reply.choices) {
    const button = element("button", `${choice.label} (${choice.count})`, "starter");
    button.type = "button";
    button.addEventListener("click", () => ask(choice.text));
    answer.append(button);
  }
  const count = reply.citations.length;
  const states = { answer: `Answer with ${count} ${count === 1 ? "source" : "sources"}.`, clarification: "Please choose." };
  status.textContent = states[reply.kind] ?? "No answer.";
}

async function ask(text) {
  current?.abort();
  current = new AbortController();
  const { signal } = current;
  form.question.value = text;
  status.textContent = "Looking…";
  answer.replaceChildren();
  try {
    const { token } = await post("/demo/token", { country: form.country.value }, {}, signal);
    const body = conversation ? { text, conversation } : { text };
    show(await post("/api/v1/turns", body, { Authorization: `Bearer ${token}` }, signal));
  } catch (error) {
    conversation = null; // it may have ended: the next try starts a new one
    const cause = error instanceof TypeError ? "The service can't be reached." : error.message;
    if (error.name !== "AbortError") status.textContent = `${cause} Your question is kept.`;
  }
}

form.country.addEventListener("change", () => {
  conversation = null;
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(form.question.value);
});
for (const button of document.querySelectorAll(".starter")) {
  button.addEventListener("click", () => ask(button.textContent));
}
