// Starts `seg lsp` for scripts of seg. `npm install` in this folder brings the client of the protocol; without it
// there is highlighting only.
const { workspace } = require("vscode");

let client;
exports.activate = () => {
  let LanguageClient;
  try { ({ LanguageClient } = require("vscode-languageclient/node")); } catch { return; }
  const server = { command: workspace.getConfiguration("seg").get("command"), args: ["lsp"] };
  client = new LanguageClient("seg", "seg", server, { documentSelector: [{ language: "seg" }] });
  return client.start();
};
exports.deactivate = () => client?.stop();
