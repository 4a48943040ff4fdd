// @ts-check
const LANGUAGES = ["en", "de", "es", "fr", "it"];

/** @typedef {[en: string, de: string, es: string, fr: string, it: string]} Row */

/**
 * Every word the element says of its own, side by side in each language; what a reply says is the service's. Nobody is
 * addressed outside English: whether by Sie or du, usted or tú is the portal's to say, and stands in the service's texts.
 */
const WORDS = /** @satisfies {Record<string, Row>} */ ({
  title: ["Approved content", "Freigegebene Inhalte", "Contenido aprobado", "Contenus approuvés", "Contenuti approvati"],
  launcher: ["Ask", "Fragen", "Preguntar", "Poser une question", "Chiedere"],
  welcome: [
    "Ask in plain words. You get the exact sentences of approved documents, with their source.",
    "Eine Frage in einfachen Worten genügt. Die Antwort: wörtliche Sätze aus freigegebenen Dokumenten, mit Quelle.",
    "Basta preguntar con palabras sencillas. La respuesta: frases literales de documentos aprobados, con su fuente.",
    "Une question en mots simples suffit. La réponse : les phrases exactes de documents approuvés, avec leur source.",
    "Basta chiedere con parole semplici. La risposta: frasi esatte di documenti approvati, con la fonte.",
  ],
  newConversation: ["Start over", "Neustart", "Reiniciar", "Recommencer", "Ricominciare"],
  close: ["Close", "Schließen", "Cerrar", "Fermer", "Chiudi"],
  question: ["Your question", "Frage", "Pregunta", "Question", "Domanda"],
  send: ["Ask", "Fragen", "Preguntar", "Demander", "Chiedi"],
  hint: [
    "Don’t enter patient details.",
    "Bitte keine Patientendaten eingeben.",
    "No introducir datos de pacientes.",
    "Ne pas saisir de données de patients.",
    "Non inserire dati di pazienti.",
  ],
  suggestions: ["Suggestions", "Vorschläge", "Sugerencias", "Suggestions", "Suggerimenti"],
  conversation: ["Conversation", "Unterhaltung", "Conversación", "Conversation", "Conversazione"],
  asked: ["You asked", "Gefragt", "Pregunta hecha", "Question posée", "Domanda posta"],
  looking: ["Looking", "Suche läuft", "Buscando", "Recherche en cours", "Ricerca in corso"],
  cancel: ["Cancel", "Abbrechen", "Cancelar", "Annuler", "Annulla"],
  slow: [
    "Still looking. You can cancel.",
    "Die Suche läuft noch. Sie kann abgebrochen werden.",
    "La búsqueda continúa. Se puede cancelar.",
    "La recherche continue. Elle peut être annulée.",
    "La ricerca continua. Si può annullare.",
  ],
  cancelled: [
    "Cancelled. Your question is kept.",
    "Abgebrochen. Die Frage bleibt erhalten.",
    "Cancelado. La pregunta se conserva.",
    "Annulé. La question est conservée.",
    "Annullato. La domanda è conservata.",
  ],
  replaced: [
    "Not answered: another question was asked meanwhile.",
    "Nicht beantwortet: Inzwischen wurde etwas anderes gefragt.",
    "Sin respuesta: entretanto se hizo otra pregunta.",
    "Sans réponse : une autre question a été posée entre-temps.",
    "Senza risposta: nel frattempo è stata posta un’altra domanda.",
  ],
  retry: ["Try again", "Erneut versuchen", "Reintentar", "Réessayer", "Riprova"],
  offline: [
    "The service can’t be reached. Your question is kept; nothing is sent until you try again.",
    "Der Dienst ist nicht erreichbar. Die Frage bleibt erhalten; bis zum nächsten Versuch wird nichts gesendet.",
    "No se puede acceder al servicio. La pregunta se conserva; no se envía nada hasta el próximo intento.",
    "Le service est injoignable. La question est conservée ; rien n’est envoyé avant le prochain essai.",
    "Il servizio non è raggiungibile. La domanda è conservata; nulla viene inviato fino al prossimo tentativo.",
  ],
  signed_out: [
    "You are not signed in any more. Sign in to the portal again, then try again.",
    "Die Anmeldung ist abgelaufen. Bitte neu am Portal anmelden und dann erneut versuchen.",
    "La sesión ha terminado. Es necesario volver a iniciar sesión en el portal y reintentar.",
    "La session a expiré. Il faut se reconnecter au portail, puis réessayer.",
    "La sessione è scaduta. Occorre accedere di nuovo al portale e riprovare.",
  ],
  unavailable: [
    "No answer could be given now. Your question is kept.",
    "Im Moment ist keine Antwort möglich. Die Frage bleibt erhalten.",
    "Ahora no se puede dar una respuesta. La pregunta se conserva.",
    "Aucune réponse n’est possible pour le moment. La question est conservée.",
    "Al momento non è possibile rispondere. La domanda è conservata.",
  ],
  refused: [
    "This can’t be asked like this.",
    "So kann das nicht gefragt werden.",
    "Esto no se puede preguntar así.",
    "Cela ne peut pas être demandé ainsi.",
    "Non si può chiedere in questo modo.",
  ],
  reference: ["Reference", "Referenz", "Referencia", "Référence", "Riferimento"],
  open: ["Open", "Öffnen:", "Abrir", "Ouvrir", "Apri"],
  page: ["p.", "S.", "p.", "p.", "p."],
  section: ["the section", "Abschnitt", "la sección", "la section", "la sezione"],
  version: ["version", "Version", "versión", "version", "versione"],
  approved: ["approved", "freigegeben", "aprobado", "approuvé", "approvato"],
  copy: ["Copy reference", "Quellenangabe kopieren", "Copiar referencia", "Copier la référence", "Copia riferimento"],
  copied: ["Reference copied", "Quellenangabe kopiert", "Referencia copiada", "Référence copiée", "Riferimento copiato"],
  copyByHand: [
    "Copy the reference from here",
    "Quellenangabe von hier kopieren",
    "Copiar la referencia de aquí",
    "Copier la référence d’ici",
    "Copia il riferimento da qui",
  ],
  table: ["Table", "Tabelle", "Tabla", "Tableau", "Tabella"],
  safety: [
    "Safety information",
    "Informationen zur Sicherheit",
    "Información de seguridad",
    "Informations de sécurité",
    "Informazioni di sicurezza",
  ],
  next: ["Worth opening next", "Weiterlesen", "Para seguir leyendo", "À lire ensuite", "Da leggere dopo"],
  related: [
    "Related, not an answer",
    "Verwandt, keine Antwort",
    "Relacionado, no es una respuesta",
    "En rapport, pas une réponse",
    "Correlato, non una risposta",
  ],
  found: ["Documents", "Dokumente", "Documentos", "Documents", "Documenti"],
  followUps: [
    "Also in these documents",
    "Auch in diesen Dokumenten",
    "También en estos documentos",
    "Aussi dans ces documents",
    "Anche in questi documenti",
  ],
  document: ["document", "Dokument", "documento", "document", "documento"],
  documents: ["documents", "Dokumente", "documentos", "documents", "documenti"],
  answered: ["Answer with", "Antwort mit", "Respuesta con", "Réponse avec", "Risposta con"],
  source: ["source", "Quelle", "fuente", "source", "fonte"],
  sources: ["sources", "Quellen", "fuentes", "sources", "fonti"],
  choices: ["choices", "Möglichkeiten", "opciones", "choix", "scelte"],
  helpful: ["Was this helpful?", "War das hilfreich?", "¿Ha sido útil?", "Était-ce utile ?", "È stato utile?"],
  yes: ["Yes", "Ja", "Sí", "Oui", "Sì"],
  no: ["No", "Nein", "No", "Non", "No"],
  why: ["What was wrong?", "Was war falsch?", "¿Qué estaba mal?", "Qu’est-ce qui n’allait pas ?", "Che cosa non andava?"],
  thanks: [
    "Thank you. Your feedback goes to the reviewers.",
    "Danke. Die Rückmeldung geht an die Prüfenden.",
    "Gracias. La valoración llega a los revisores.",
    "Merci. L’avis est transmis aux réviseurs.",
    "Grazie. Il giudizio va ai revisori.",
  ],
  notKept: [
    "Your feedback could not be kept. Try again.",
    "Die Rückmeldung konnte nicht gespeichert werden. Bitte erneut versuchen.",
    "No se pudo guardar la valoración. Inténtese de nuevo.",
    "L’avis n’a pas pu être conservé. Merci de réessayer.",
    "Non è stato possibile conservare il giudizio. Si prega di riprovare.",
  ],
  contact: ["Contact", "Kontakt", "Contacto", "Contact", "Contatto"],
  call: ["Call", "Anrufen:", "Llamar al", "Appeler le", "Chiamare il"],
  report: ["Report it", "Jetzt melden", "Notificar", "Déclarer", "Segnalare"],
  request: [
    "Your question to Medical Information",
    "Frage an die Medizinische Information",
    "Pregunta a Información Médica",
    "Question à l’Information médicale",
    "Domanda all’Informazione Medica",
  ],
  product: ["Product", "Produkt", "Producto", "Produit", "Prodotto"],
  notSent: [
    "Nothing of this is sent before you go on.",
    "Nichts davon wird gesendet, bevor es weitergeht.",
    "Nada de esto se envía antes de continuar.",
    "Rien de ceci n’est envoyé avant de continuer.",
    "Nulla di questo viene inviato prima di continuare.",
  ],
  notTaken: [
    "This stays here: copy it, and paste it there.",
    "Das bleibt hier: kopieren und dort einfügen.",
    "Esto se queda aquí: hay que copiarlo y pegarlo allí.",
    "Ceci reste ici : à copier, puis à coller là-bas.",
    "Questo resta qui: va copiato e incollato lì.",
  ],
  goOn: [
    "Go on to Medical Information",
    "Weiter zur Medizinischen Information",
    "Continuar a Información Médica",
    "Continuer vers l’Information médicale",
    "Continua all’Informazione Medica",
  ],
  copyQuestion: ["Copy question", "Frage kopieren", "Copiar pregunta", "Copier la question", "Copia domanda"],
  questionCopied: ["Question copied", "Frage kopiert", "Pregunta copiada", "Question copiée", "Domanda copiata"],
  important: ["Important", "Wichtig", "Importante", "Important", "Importante"],
  note: ["Note", "Hinweis", "Nota", "Remarque", "Nota"],
});

/** Why a reply didn't help, as the service names it. */
const REASONS = /** @satisfies {Record<string, Row>} */ ({
  wrong_source: ["Wrong source", "Falsche Quelle", "Fuente equivocada", "Mauvaise source", "Fonte sbagliata"],
  out_of_date: ["Out of date", "Veraltet", "Desactualizado", "Pas à jour", "Non aggiornato"],
  incomplete: ["Incomplete", "Unvollständig", "Incompleto", "Incomplet", "Incompleto"],
  not_what_i_asked: [
    "Not what I asked",
    "Nicht, was gefragt war",
    "No es lo que pregunté",
    "Pas ce que je demandais",
    "Non è ciò che ho chiesto",
  ],
  safety_or_legal: [
    "Safety or legal",
    "Sicherheit oder Recht",
    "Seguridad o legal",
    "Sécurité ou droit",
    "Sicurezza o aspetti legali",
  ],
  other: ["Other", "Anderes", "Otro", "Autre", "Altro"],
});

/** Whom a reply hands over to, as the service names them. */
const DESKS = /** @satisfies {Record<string, Row>} */ ({
  emergency: ["Emergency help", "Notfallhilfe", "Ayuda de emergencia", "Aide d’urgence", "Aiuto d’emergenza"],
  safety: [
    "Report an adverse event",
    "Nebenwirkung melden",
    "Notificar una reacción adversa",
    "Déclarer un effet indésirable",
    "Segnalare una reazione avversa",
  ],
  medical_information: [
    "Ask Medical Information",
    "Medizinische Information fragen",
    "Consultar a Información Médica",
    "Demander à l’Information médicale",
    "Chiedere all’Informazione Medica",
  ],
  commercial: [
    "Ask about prices and supply",
    "Nach Preisen und Lieferung fragen",
    "Consultar precios y suministro",
    "Demander les prix et la disponibilité",
    "Chiedere prezzi e forniture",
  ],
});

/**
 * The words in one language; `lang` is which.
 *
 * @typedef {Record<keyof typeof WORDS, string> & { lang: string, reasons: Record<keyof typeof REASONS, string>,
 *   desks: Record<keyof typeof DESKS, string> }} Words
 */

/**
 * The element's words in a language, or in English where they are in none of that language.
 *
 * @param {string} language a language tag (BCP 47) or empty
 * @returns {Words}
 */
export function wordsIn(language) {
  const column = Math.max(LANGUAGES.indexOf(language.toLowerCase().split("-")[0]), 0);
  return {
    lang: LANGUAGES[column],
    ...only(WORDS, column),
    reasons: only(REASONS, column),
    desks: only(DESKS, column),
  };
}

/**
 * One column of a table.
 *
 * @template {string} Name
 * @param {Record<Name, Row>} rows
 * @param {number} column
 * @returns {Record<Name, string>}
 */
function only(rows, column) {
  const pairs = /** @type {[Name, Row][]} */ (Object.entries(rows));
  return /** @type {Record<Name, string>} */ (Object.fromEntries(pairs.map(([name, row]) => [name, row[column]])));
}
