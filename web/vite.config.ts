import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

/** What Python puts the report in place of. */
const REPORT = "__ELMAN_REPORT__";

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** One file that opens from disk: script and style inside, and a policy that lets nothing else in or out. */
function oneFile(): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_, bundle) {
      const page = bundle["index.html"];
      if (page?.type !== "asset") throw new Error("index.html was not built");
      let script = "";
      let style = "";
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type === "chunk") script += file.code;
        else if (name.endsWith(".css")) style += String(file.source);
        if (file !== page) delete bundle[name];
      }
      script = script.trim();
      style = style.trim();
      if (/<\/(script|style)/i.test(script + style) || script.includes(REPORT))
        throw new Error("the script would end early or hold the place of the report");
      const policy = [
        "default-src 'none'",
        `script-src ${hash(script)}`,
        `style-src ${hash(style)}`,
        "base-uri 'none'",
        "form-action 'none'",
      ].join("; ");
      const html = String(page.source).replace(/<script[^>]*type="module"[^>]*><\/script>|<link[^>]*stylesheet[^>]*>/g, "");
      page.fileName = "page.html";
      page.source = html
        .replace("<!-- policy -->", () => `<meta http-equiv="Content-Security-Policy" content="${policy}">`)
        .replace("<!-- style -->", () => `<style>${style}</style>`)
        .replace("<!-- script -->", () => `<script type="module">${script}</script>`)
        .replace(/\n\s*\n/g, "\n");
    },
  };
}

export default defineConfig({
  plugins: [oneFile()],
  build: {
    outDir: process.env["PAGE_OUT"] ?? "../src/elman/explain/page",
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
});
