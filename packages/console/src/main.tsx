import { render } from "preact";
import { App } from "./app.js";
import { applyTheme } from "./theme.js";

const place = document.getElementById("console");
if (place === null) throw new Error("the document has no element for the console");
applyTheme();
render(<App />, place);
