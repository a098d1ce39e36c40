// Passes a passkey's or security key's question from the page to the browser, and its answer back into the form. Without a browser that can,
// what needs it stays hidden.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const asked = (question) => {
    const key = { ...question.publicKey, challenge: bytes(question.publicKey.challenge) };
    if (key.user) key.user = { ...key.user, id: bytes(key.user.id) };
    for (const list of ["allowCredentials", "excludeCredentials"]) {
      if (key[list]) key[list] = key[list].map((one) => ({ ...one, id: bytes(one.id) }));
    }
    return { publicKey: key };
  };

  const answered = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return {
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(),
    };
  };

  const question = async (form) => {
    if (form.dataset.question) return JSON.parse(document.getElementById(form.dataset.question).textContent);
    const answer = await fetch(form.dataset.passkey, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`The portal answered with ${answer.status}.`);
    return answer.json();
  };

  const use = async (form) => {
    const said = form.querySelector(".door-said");
    said.textContent = "Your browser asks you now.";
    try {
      const options = asked(await question(form));
      const credential = "new" in form.dataset ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
      form.elements.credential.value = JSON.stringify(answered(credential));
      said.textContent = "";
      form.submit();
    } catch (error) {
      const known = { NotAllowedError: "Nothing was done: it was cancelled, or took too long. Try again.", InvalidStateError: "This key is known already. Use another." };
      said.textContent = known[error.name] || `It did not work: ${error.message}`;
    }
  };

  const start = () => {
    for (const print of document.querySelectorAll("[data-print]")) {
      print.hidden = false;
      print.addEventListener("click", () => window.print());
    }
    // Keys belong to a name: at a bare address browsers refuse them.
    const bare = /^[\d.]+$|:/.test(location.hostname);
    if (!window.PublicKeyCredential || !window.isSecureContext || bare) return;
    for (const part of document.querySelectorAll("[data-keys]")) part.hidden = false;
    for (const button of document.querySelectorAll("[data-use-key]")) button.addEventListener("click", () => use(button.form));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
