// @ts-check
const CSS = `
:host { all: initial; color-scheme: light; --accent: var(--signpost-accent, #0b57a4); --ink: #1b2430; --soft: #4a5768; --line: #c6ced8; --ground: #f6f8fa;
  display: block; font: 16px/1.5 var(--signpost-font, system-ui, sans-serif); color: var(--ink); }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
p, h2, h3, h4, ul, ol, blockquote { margin: 0; padding: 0; }
ul, ol { list-style: none; }
button, input, textarea, a.action { font: inherit; min-height: 2.75rem; border-radius: .5rem; }
button { padding: 0 .9rem; color: var(--accent); background: #fff; border: 1px solid currentColor; cursor: pointer; }
button.plain { border-color: transparent; background: none; padding: 0 .5rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.launcher { position: fixed; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483000;
  min-height: 3.5rem; padding: 0 1.75rem; border: 0; border-radius: 1.75rem; color: #fff; background: var(--accent);
  font-weight: 600; box-shadow: 0 4px 16px rgb(0 0 0 / .25); }
.panel { display: flex; flex-direction: column; padding: 0; color: inherit; background: #fff;
  border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
section.panel { height: min(44rem, 85vh); }
dialog.panel:not([open]) { display: none; }
dialog.panel { position: fixed; inset: auto; inset-block-end: 5.5rem; inset-inline-end: 1.25rem; margin: 0;
  width: min(28rem, calc(100vw - 2.5rem)); max-width: none; height: min(42rem, calc(100vh - 7rem)); max-height: none;
  z-index: 2147483000; box-shadow: 0 8px 32px rgb(0 0 0 / .25); }
.head { display: flex; align-items: center; gap: .25rem; padding: .25rem .5rem .25rem 1rem; flex-wrap: wrap;
  border-block-end: 1px solid var(--line); }
h2 { flex: 1 1 8rem; font-size: 1rem; }
.welcome { padding: 1rem; }
.welcome .chips { margin-block-start: 1rem; }
section.panel:has(.log:empty) { height: auto; min-height: 28rem; }
.log { flex: 1; overflow-y: auto; overflow-wrap: anywhere; position: relative; overscroll-behavior: contain; }
.log:empty { display: none; }
.log:focus-visible, .scroll:focus-visible { outline-offset: -3px; }
.welcome:not([hidden]) { flex: 1; overflow-y: auto; }
.exchange { padding: 0 1rem 1rem; }
.exchange:last-child { min-height: 100%; }
h3 { position: sticky; inset-block-start: 0; padding: .6rem 0; font-size: 1rem; background: #fff;
  border-block-end: 1px solid var(--line); z-index: 1;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
h4 { margin: 1rem 0 .25rem; font-size: .875rem; }
.body { padding-block-start: .75rem; }
.headline { font-weight: 600; color: var(--soft); }
.notice, .disclosure, .said { display: flex; gap: .5rem; align-items: start; }
.notice, .disclosure { margin-block-end: .5rem; }
.notice { padding: .5rem .75rem; background: #eef4fb; border-radius: .5rem; }
.notice.important { background: #fff4ce; }
.disclosure { font-size: .8125rem; color: var(--soft); }
.act, .headline { margin-block-end: .5rem; }
.icon { flex: none; width: 1.5em; height: 1.5em; font-size: .875em; line-height: 1.4em; text-align: center; font-weight: 700;
  border: .1em solid currentColor; border-radius: 50%; }
.handover { display: grid; gap: .5rem; justify-items: start; padding: .75rem; margin-block-end: .75rem; background: var(--ground);
  border: 1px solid var(--line); border-inline-start: 4px solid var(--accent); border-radius: .5rem; }
.emergency { --alarm: #a01818; border: 2px solid var(--alarm); background: #fdecea; font-weight: 600; }
.emergency .icon { color: var(--alarm); }
a.action.call { min-height: 3.5rem; padding: 0 1.25rem; font-size: 1.25rem; background: var(--alarm, var(--accent)); }
.asking { width: 100%; }
.request form, .request > div { display: grid; gap: .5rem; margin-block-start: .75rem; }
.request label { display: grid; gap: .25rem; margin: 0; }
.request textarea { width: 100%; padding: .5rem .75rem; border: 1px solid var(--soft); color: inherit; background: #fff; resize: vertical; }
.balance { margin-block-start: 1.25rem; }
.balance h4 { font-size: 1rem; }
.quotes li + li { margin-block-start: 1rem; }
.path { margin-block-start: .5rem; font-size: .875rem; color: var(--soft); }
blockquote { margin: .25rem 0 .5rem; padding: .25rem .75rem; border-inline-start: 4px solid var(--accent); }
.source { font-size: .875rem; }
cite { font-style: normal; font-weight: 600; }
.facts, .cues { color: var(--soft); font-size: .8125rem; }
.facts span { white-space: nowrap; }
.facts::first-letter { text-transform: uppercase; }
.actions, .feedback, .chips { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-block-start: .5rem; }
a.action { display: inline-flex; align-items: center; padding: 0 .9rem; color: #fff; background: var(--accent);
  text-decoration: none; }
.source .actions { gap: .25rem; margin-block-start: .25rem; }
.source .action { padding: 0 .9rem; color: var(--accent); background: none; border: 1px solid currentColor; }
.source button { border-color: transparent; text-decoration: underline; }
.copier input { width: 100%; min-width: 12rem; padding: 0 .5rem; border: 1px solid var(--soft); }
.chip { height: auto; padding: .5rem .9rem; text-align: start; }
.next li { padding: .4rem 0; }
.next .cues { display: block; }
.next a { display: inline-block; min-height: 1.5rem; }
.scroll { overflow-x: auto; overflow-wrap: normal; container-type: inline-size; }
table { min-width: 100%; border-collapse: collapse; font-size: .875rem; }
caption { padding-block-end: .25rem; color: var(--soft); text-align: start; }
caption span { position: sticky; inset-inline-start: 0; display: inline-block; max-width: 100cqi; overflow-wrap: anywhere; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: start; vertical-align: top; }
th { background: var(--ground); }
.feedback { margin-block-start: 1rem; font-size: .875rem; }
.problem { padding: .75rem; background: #fdecea; border-radius: .5rem; display: grid; gap: .5rem; justify-items: start; }
.bone { display: block; height: 1rem; margin-block-end: .6rem; border-radius: .25rem; background: #e3e8ee; }
.bone:last-child { width: 60%; }
[part=composer] { padding: .5rem 1rem; border-block-start: 1px solid var(--line); background: var(--ground); }
[part=composer] p { padding-block: .15rem .4rem; }
label, .hint { font-size: .875rem; margin-inline-end: .5rem; }
.hint { color: var(--soft); }
.ask { position: relative; display: flex; gap: .5rem; }
.ask input { flex: 1; min-width: 0; padding: 0 .75rem; border: 1px solid var(--soft); color: inherit; background: #fff; }
.send, .strong { color: #fff; background: var(--accent); border-color: var(--accent); }
.suggestions { position: absolute; inset-block-end: calc(100% + .5rem); inset-inline: 0; max-height: 18rem; overflow-y: auto; z-index: 2;
  background: #fff; border: 1px solid var(--line); border-radius: .5rem; box-shadow: 0 -4px 16px rgb(0 0 0 / .15); }
[role=option] { padding: .65rem .75rem; cursor: pointer; }
[role=option]:hover, [role=option][aria-selected=true] { background: #dcebfa; }
.foot { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0 1rem; background: var(--ground); font-size: .8125rem; }
.foot a { display: inline-flex; align-items: center; min-height: 2.75rem; }
@media (max-width: 30rem) {
  dialog.panel { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
}
@media (max-height: 30rem) { .panel { overflow-y: auto; } .log, .welcome:not([hidden]) { flex: none; overflow: visible; } }
@media (forced-colors: active) { [role=option][aria-selected=true] { outline: 2px solid Highlight; outline-offset: -2px; } }
@media print { .launcher, [part=composer], .asking, .foot, .feedback, button { display: none; } .log { overflow: visible; } }
`;

/** @type {CSSStyleSheet | null} */
let sheet = null;

/** The element's style sheet, made once: constructed sheets need no `unsafe-inline`. */
export function style() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
