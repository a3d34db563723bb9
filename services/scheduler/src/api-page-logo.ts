/** Three waves, of which the last fades: the river after which Lethe is called. */
const WAVES = `<g fill="none" stroke="#4fb3bf" stroke-width="3.2" stroke-linecap="round">
<path d="M4 10q4-5 8 0t8 0 8 0"/><path d="M4 17q4-5 8 0t8 0 8 0" opacity=".65"/><path d="M4 24q4-5 8 0t8 0 8 0" opacity=".3"/></g>`;

/** The sign of a tab, on either theme of a browser. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#12303a"/>${WAVES}</svg>
`;

/** The sign and the name, for the dark bar at the top of the API's page. */
export const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 32" width="132" height="32" role="img" aria-label="Lethe">
${WAVES}<text x="40" y="23" font-family="system-ui, sans-serif" font-size="21" fill="#fff">Lethe API</text></svg>
`;
