// @ts-check
/**
 * The wire: what CONTRACT.md says of `/api/v1`, and what can go wrong on the way.
 *
 * @typedef {{ citation: number, text: string, heading: string[],
 *   table: Table | null }} Quote
 * @typedef {{ header: string[], rows: string[][], caption?: string[], above?: string[][],
 *   merged?: { line: number, column: number, columns: number }[] }} Table `line` counts through above, header and rows
 * @typedef {{ number: number, document: string, version: string, title: string, type: string, owner: string,
 *   approval: string, approved_on: string, page: number | null, anchor: string | null, url: string,
 *   cues: string[] }} Citation
 * @typedef {{ kind: string, text: string }} Notice
 * @typedef {{ to: string, text: string, url: string, prefill: Record<string, string> }} Handover
 * @typedef {{ text: string, url: string, scheme: string, scheme_url: string }} Safety where a reaction is reported
 * @typedef {{ kind: string, headline: string, quotes: Quote[], citations: Citation[],
 *   safety_information: { citation: number, text: string }[], notices: Notice[], handovers: Handover[],
 *   choices: { label: string, text: string, count: number }[],
 *   next_steps: { title: string, url: string, cue: string }[], suggestions: string[] }} Reply
 * @typedef {{ conversation: string, turn: string, reply: Reply, tickets: Record<string, string> }} Turn
 * @typedef {(reason: "first" | "expired") => Promise<string>} GetToken
 */

/** Why there is no reply, as far as a reader can do something about it. */
export class Problem extends Error {
  /**
   * @param {"offline" | "signed_out" | "refused" | "unavailable"} kind
   * @param {string} message the service's own words, or empty
   * @param {string} reference what the service's log has it under, or empty
   * @param {Safety | null} safety what every refusal of the service says; nothing, where it was not reached
   */
  constructor(kind, message = "", reference = "", safety = null) {
    super(message);
    this.kind = kind;
    this.reference = reference;
    this.safety = safety;
  }
}

/** A key for one question; unlike `randomUUID` it can also be made on a page without TLS. @returns {string} */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Client {
  /** @param {string} endpoint of the API, without a slash at its end @param {GetToken} getToken */
  constructor(endpoint, getToken) {
    this.endpoint = endpoint;
    this.getToken = getToken;
    /** @type {string | null} */
    this.token = null;
  }

  /**
   * One question. A conversation that has ended meanwhile is left, and the question starts a new one.
   *
   * Sent again with the same key, as when the reply was lost on its way, it gets the first answer again.
   *
   * @param {string} key of this question alone: see `newKey`
   * @param {string} text
   * @param {string | null} conversation
   * @param {string} language
   * @param {AbortSignal} signal
   * @returns {Promise<Turn>}
   */
  async ask(key, text, conversation, language, signal) {
    const body = { text, ...(language && { language }) };
    try {
      return await this.call("/turns", conversation ? { ...body, conversation } : body, signal, key);
    } catch (error) {
      const ended = conversation && error instanceof Problem && error.cause === 404;
      if (!ended) throw error;
      return await this.call("/turns", body, signal, `${key}-new`); // another body needs another key
    }
  }

  /**
   * Questions that documents have headings for.
   *
   * @param {string} q
   * @param {string} language
   * @param {AbortSignal} signal
   * @returns {Promise<string[]>}
   */
  async suggest(q, language, signal) {
    return (await this.call("/suggest", { q, ...(language && { language }) }, signal)).suggestions;
  }

  /**
   * Questions to begin with.
   *
   * @param {string} page a product's, by its name, or empty
   * @param {string} language
   * @returns {Promise<string[]>}
   */
  async starters(page, language) {
    const query = new URLSearchParams({ page, ...(language && { language }) });
    return (await this.call(`/starters?${query}`, null)).questions;
  }

  /** @param {string} turn @param {boolean} helpful @param {string | null} reason @returns {Promise<void>} */
  async feedback(turn, helpful, reason) {
    await this.call("/feedback", { turn, helpful, ...(reason && { reason }) });
  }

  /**
   * Where a document opens: its address with the ticket that lets this reader in once.
   *
   * @param {string} url
   * @param {string | undefined} ticket
   * @returns {string}
   */
  link(url, ticket) {
    const address = new URL(url, new URL(this.endpoint, document.baseURI));
    if (ticket) address.searchParams.set("ticket", ticket);
    return address.href;
  }

  /**
   * Sends a body, or asks with GET where there is none.
   *
   * @param {string} path @param {object | null} body @param {AbortSignal} [signal] @param {string} [key]
   * @returns {Promise<any>}
   */
  async call(path, body, signal, key) {
    this.token ??= await this.newToken("first");
    let response = await this.send(path, body, signal, key);
    if (response.status === 401) {
      this.token = await this.newToken("expired"); // once, and unseen
      response = await this.send(path, body, signal, key);
    }
    if (response.status === 204) return null;
    const value = await response.json().catch(() => null);
    if (response.ok && value) return value;
    const refused = response.status >= 400 && response.status < 500;
    const kind = response.status === 401 ? "signed_out" : refused ? "refused" : "unavailable";
    const reference = (value?.instance ?? "").replace("urn:uuid:", "");
    const problem = new Problem(kind, value?.detail ?? "", reference, value?.safety ?? null);
    problem.cause = response.status;
    throw problem;
  }

  /** @param {"first" | "expired"} reason @returns {Promise<string>} */
  async newToken(reason) {
    try {
      return await this.getToken(reason);
    } catch (error) {
      console.error(error); // the portal's own, for whoever embeds us
      throw new Problem(error instanceof TypeError ? "offline" : "signed_out");
    }
  }

  /**
   * @param {string} path @param {object | null} body @param {AbortSignal} [signal] @param {string} [key]
   * @returns {Promise<Response>}
   */
  async send(path, body, signal, key) {
    const headers = {
      "Content-Type": "application/json",
      Authorization: `Bearer ${this.token}`,
      ...(key && { "Idempotency-Key": key }),
    };
    const sent = body ? { method: "POST", body: JSON.stringify(body) } : {};
    try {
      return await fetch(this.endpoint + path, { ...sent, headers, signal });
    } catch (error) {
      if (error instanceof TypeError) throw new Problem("offline"); // what fetch throws when nobody answers
      throw error;
    }
  }
}
