// @ts-check
import { SignpostChat } from "./chat.js";

// Loading twice is no error: the first one stays.
if (!customElements.get("signpost-chat")) customElements.define("signpost-chat", SignpostChat);
